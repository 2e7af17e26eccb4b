"""
A second, very different workshop: a terse team, all in lower case, about lost property in a pool.

Pure data, written for this project. One-line answers, few words, and only what is asked for.
"""

from collections.abc import Mapping

TITLE = "lost property"
CHALLENGE = "lost things pile up at the pool"
TEAM = "t2"

MESSAGES: Mapping[str, tuple[str, ...]] = {
    "challenge": (
        "kids lose their goggles every sunday",
        "last sunday a kid cried because the goggles were gone and the desk had no idea",
        "parents with small kids",
        "less crying at the exit",
        "skip",
        "3",
        "yes",
    ),
    "stakeholder-mapping": (
        "parents, kids",
        "desk staff, lifeguards",
        "the town, insurers",
        "no",
        "ok",
    ),
    "user-research": (
        "yes",
        "mum at the exit: we drove back twice for one shoe and nobody had seen it",
        'boy, 9: "i lost my goggles and i was too scared to ask"',
        "lifeguard: we put everything in one box, nobody looks into it",
        "desk: people call and we cannot say anything because the box is in the cellar. i wish i "
        "could just look",
        "no",
        "ok",
    ),
    "sense-making": (
        "nobody looks, scared to ask",
        "1, 2, 3, 4",
        "nobody finds the box in the cellar",
        "look without going down; get the shoe back the same day; ask without being ashamed; one "
        "trip only; a calm exit",
        "ok",
    ),
    "persona": (
        "nadia, 38, nurse, from the east side",
        "works nights, takes two kids to the pool on sundays. at the exit something is always "
        "missing and everybody is tired",
        "a calm way home; nothing lost; no tears",
        "no",
        "ok",
    ),
    "journey-mapping": (
        "arrive, change, swim, pack, leave",
        "park and pay; undress two kids; watch both; grab everything; count shoes at the exit",
        "be quick; keep it together; relax; forget nothing; get home",
        "gate, desk; locker; pool, lifeguard; bench; exit, desk",
        "queue; wet floor; two kids one pair of eyes; too many small things; nobody knows where "
        "the box is",
        "neutral, neutral, positive, negative, negative",
        "5",
        "there the day is spoilt, and they drive back twice",
        "ok",
    ),
    "reframe": (
        "yes",
        "find what is missing before she drives off",
        "yes",
        "they all get home calm",
        "no",
        "ok",
    ),
    "ideation": (
        "clear box at the exit; photo wall; name stickers; count song; shoe shelf; last look "
        "mirror",
        "text us a photo; lost things cart; bell at 5; kids as finders; lost and found hour; "
        "wristband tags; towel hooks with names",
        "cart with a bell; photo wall at the desk; sticker machine",
        "a seal that fetches goggles; free new shoes for all",
        "1, 2, 3, 5, 7",
        "8 and 3",
        "ok",
    ),
    "concept": (
        "exit box: a see-through box right at the exit, emptied every evening",
        "you see it before you drive off",
        "strengths: cheap; seen by all; no cellar\nweaknesses: takes space; wet things smell; "
        "needs emptying",
        "opportunities: town likes it; kids help; fewer calls\nthreats: theft; lifeguards forget "
        "it; fire rules",
        "4 any carpenter can do it; 4 costs next to nothing; 5 the mum asked for just that",
        "skip",
        "photo desk: the desk takes a photo of each find and shows it on a screen at the exit",
        "nobody has to go to the cellar or ask",
        "strengths: no asking; works by phone; quick\nweaknesses: needs a camera; somebody has "
        "to do it; screen breaks",
        "opportunities: town website; school classes; fewer calls\nthreats: privacy rules; no "
        "time on sundays; broken screen",
        "3 needs a screen; 3 a screen costs money; 4 kids need not ask",
        "skip",
        "ok",
    ),
    "validate": (
        "we thought people are careless. they are just tired and cannot see the box. the exit is "
        "where it goes wrong.",
        "the boy who was scared to ask",
        "5, four people talked to us but only on sundays",
        "ask the town about the box by friday; lifeguards try a plastic crate next sunday; desk "
        "counts calls for two weeks",
        "ok",
    ),
}
