"""
A whole workshop in a team's own words: a volunteer fire brigade that loses its newcomers.

Pure data, written for this project; brigade, people and place are made up. Every entry is one
message, sent after the guide has answered the one before. It is how teams write: hesitations,
typos, lists, corrections, emoji, two languages besides English, two pasted interviews.
"""

from collections.abc import Mapping

TITLE = "Newcomers at the Altwies fire brigade"
CHALLENGE = (
    "Half of the people who join our volunteer fire brigade leave again within their first year."
)
TEAM = "Ladder crew"

_JONAS = """Interview with Jonas Reiter, newcomer since March, kitchen of the fire station, 40 \
minutes

Q: How did you come to the brigade?
Jonas: My neighbour Kurt kept asking me over the fence. I thought, why not, I am an \
electrician's apprentice, I like doing things with my hands. I signed the form at the summer \
fair.
Q: Tell me about your first evening.
Jonas: I came twenty minutes early because I did not want to be late. The gate was open and \
there were maybe fifteen people and everybody was busy with a hose or a truck. I stood in the \
yard for a quarter of an hour and nobody told me where to go. I nearly went home again.
Q: And then?
Jonas: Kurt came, he had been held up at work. From then on it was good. He showed me the locker \
with the boots, size 46, I have 42.
Q: What was the hardest moment so far?
Jonas: My first alarm, in May. The pager went off at dinner and I ran, I have never run like \
that. When I got there the truck was full and left. I stayed behind in the hall with the coffee \
machine and I felt completely useless. Nobody had told me that newcomers don't ride along in the \
first months. My girlfriend asked how it was and I did not know what to say.
Q: What helped you to stay?
Jonas: That Kurt phoned me the next day. He said it happens to everybody and next time I should \
come into the radio room with him. I would have quit otherwise, honestly.
Q: What would a really good evening look like?
Jonas: I would know what my job is when I walk through the gate. It can be a small job. And \
somebody my age would be there, most of them have known each other since kindergarten.
"""

_MIRJAM = """Interview with Mirjam Hollmann, left after seven months, on the phone

Interviewer: Why did you join?
Mirjam: I am a nurse and I had just moved here. I wanted to get to know people and to do \
something useful for the village.
Interviewer: What was it like?
Mirjam: The people are nice, really. But the words! They say C pipe and B pipe and basket and I \
was afraid to ask for the third time. There is a folder with two hundred pages and nobody reads \
it.
Interviewer: Tell me about the moment you decided to leave.
Mirjam: There was no moment. I had late shifts for three weeks and missed three Tuesdays, and \
nobody called. I thought, they don't even notice. After that it was embarrassing to go back.
Interviewer: Did you hear from anyone?
Mirjam: In November a letter came that said please return the jacket. That was all.
Interviewer: What would have helped?
Mirjam: One person who is there for me. And a training I can catch up on when I have late shift, \
I would love that. I still hope to do something like it one day.
"""

MESSAGES: Mapping[str, tuple[str, ...]] = {
    "challenge": (
        "hi 👋 we are the ladder crew",
        "hmm ok so. People sign up with us full of energy and after a few months they stop coming. "
        "Last year eleven joined and six were gone before christmas.",
        "everyone really",
        "ok fair enough. The new people in their first year, above all the ones who did not grow "
        "up with the brigade",
        "wait, what do you mean by that?",
        "new people still come to the training evenings after a year, and they bring a friend "
        "along",
        "there is no money for paid staff and the hours of basic training are fixed by law. "
        "Der Dienstagabend muss bleiben, der ist heilig 😅",
        "what is the difference between them?",
        "the second one",
        "change new people in their first year to newcomers in their first year",
        "yes",
        "hmm wait",
        "ok that looks good to us 👍",
    ),
    "stakeholder-mapping": (
        "newcomers (in their first year, mostly 18 to 35), and those who left again",
        "group leaders like Kurt: run the tuesday evenings, high power, high interest\n"
        "the old hands\n"
        "partners and families of the newcomers - they sit at home when the pager goes",
        "the municipality (pays for trucks and jackets), district fire association - sets the "
        "training rules; employers",
        "regulator: accident insurance\nah and the youth brigade, direct",
        "change employers to local employers",
        "yes",
        "the old hands: high power, low interest",
        "yes",
        "rename the old hands to long-standing members",
        "yes",
        "sí, perfecto, seguimos",
    ),
    "user-research": (
        "why do you need questions at all?",
        "1, 2 and 4 please. and ours:\n"
        "- What made you come to the very first evening?\n"
        "- Who did you talk to when it was not going well?",
        _JONAS,
        _MIRJAM,
        "Kurt (group leader, 22 years in): „Ich hab sechzig Leute auf der Liste und dienstags "
        "zwei Stunden. "
        'Wer still ist, fällt mir nicht auf.“ He also said "I was thrown into the water as well '
        'and learned to swim."',
        "Sabine, partner of a newcomer: “He runs out in the middle of dinner and comes back "
        "after ten minutes with nothing to tell.”",
        "from the bakery, Frau Lorenz: she would let her people go for an alarm but nobody ever "
        "asked her",
        "that's everything we have",
        "drop the one about the fence",
        "perfect, next",
    ),
    "sense-making": (
        "can you suggest something?",
        "Nobody needs me yet: useless, waiting, standing around\n"
        "Nobody notices when I am away\n"
        "A closed circle with its own words",
        "A closed circle with its own words: 7 and 8; Nobody needs me yet: 2, 4; Nobody notices "
        "when I am away: 9",
        "2, 3, 4 and 6 plus: partners at home get nothing out of it but the alarm",
        "- To know what my job is when I walk through the gate\n"
        "- One person who is there for me\n"
        "- a training you can catch up on after a late shift\n"
        "- somebody calls after the first bad evening",
        "and: people of the same age in the crew",
        "change “people of the same age in the crew” to “somebody my age in the crew”",
        "yes",
        "passt so, weiter",
    ),
    "persona": (
        "Lena, 27, physiotherapist, moved to Altwies last autumn",
        "Lena works early and late shifts in turn and hardly knows anybody in the village. On "
        "Tuesdays she cycles to "
        "the station straight from work. She stands in the yard until somebody gives her "
        "something to do, and at the first "
        "alarm she stayed behind in the hall.",
        "get to know people, do something useful, and not be a burden to the old crew",
        "hmm, one more maybe? no, one is enough",
        "change the age to 29",
        "yes",
        "Lena's role should be physiotherapist in shift work, newcomer since autumn",
        "great 🙌",
    ),
    "journey-mapping": (
        "hears about us at the summer fair -> signs the form -> first tuesday evening -> first "
        "weeks -> first alarm -> misses a few evenings",
        "Gets talked to at the beer stand\nFills in the form and hears nothing for three weeks\n"
        "Stands in the yard and waits for somebody\nRolls hoses, learns words like C pipe\n"
        "Runs to the station, the truck leaves without her\nHas late shifts and stays away",
        "find company; know when it starts; not be in the way; understand the words; be of use "
        "when it counts; come back without being asked why",
        "Kurt, flyer\npaper form\nyard, locker, boots\nfolder with two hundred pages, "
        "hose\npager, hall, coffee machine\nnobody, the letter about the jacket",
        "1: no idea what one signs up for\nsigns the form: nobody gets in touch\nfirst tuesday "
        "evening: 1\n"
        "first weeks: words nobody explains\nfirst alarm: 2\nmisses a few evenings: 4",
        "excited, neutral, nervous, a bit better, useless, embarrassed 😕",
        "first alarm. She runs as never before, the truck is full and leaves, and she stays "
        "behind with the coffee machine feeling useless",
        "because it is the moment she came for, and it tells her that she is not needed. Jonas "
        "would have quit there without the phone call.",
        "actually make the first tuesday evening negative",
        "yep looks right",
    ),
    "reframe": (
        "yes",
        "be of use at the alarm even before she may ride along",
        "she feels that the crew counts on her",
        "what do you think, is that too long?",
        "How might we notice Lena's absence early, so that coming back is easy after a few "
        "missed evenings?",
        "that's the one, no more",
        "only the first one goes on",
        "yes",
        "change counts on her to counts on her from the first month",
        "yes",
        "looks good, ok",
    ),
    "ideation": (
        "A job card at the gate\nradio room seat for newcomers\nname tape on the jacket from day "
        "one\n"
        "buddy for the first hundred days: an old hand phones after every alarm\nalarm hall "
        "checklist\nwhatsapp group only for the new ones",
        "1. Coffee crew who looks after the families\n2. pager etiquette on one page\n3. Tuesday "
        "in twenty minutes: catch-up video after a late shift\n"
        "4. glossary on the inside of the locker door\n5. first alarm cake 🎂\n6. newcomer opens "
        "the gate\n7. hose race against the mayor\n8. Bring-a-friend evening",
        "Second crew: newcomers drive after the truck in the minibus with a group leader\n"
        "call list for everybody who missed two evenings\nlocker next to your buddy\n"
        "De briefing de diez minutos: diez minutos juntos después de cada alarma",
        "The truck waits for the newcomer!! 🚒\nthe minister rolls hoses with us (wild card)",
        "1, 2, 7, 9, 15, 16 are our favourites",
        "the buddy for the first hundred days and the second crew",
        "rename First alarm to When the pager goes",
        "yes",
        "move the call list to Newcomer",
        "yes",
        "move bring-a-friend evening to the newcomer pile",
        "yes",
        "love it",
    ),
    "concept": (
        "Hundred Day Buddy: An old hand and a newcomer are a pair for the first hundred days. "
        "The buddy stands at the gate on the first Tuesday and phones after every alarm and "
        "every missed evening.",
        "Somebody phones after the bad evening. Today nobody even notices.",
        "strengths: needs no money; fits what Kurt did for Jonas; newcomers know whom to ask\n"
        "weaknesses: old hands have little time; depends on who gets along; stops after hundred "
        "days",
        "opportunities: families get a contact too; youth brigade can join; local employers see "
        "who is in training\n"
        "threats: too few volunteers among the long-standing members; one bad buddy spoils it; "
        "summer holidays",
        "technical 5 because it is only a list and a phone. business: 4, costs nothing but two "
        "evenings of Kurt. desirability 5: Jonas and Mirjam both asked for one person",
        "Nobody stands alone in our yard any more\nYour buddy waits at the gate\nSign up on "
        "Tuesday at seven",
        "Second crew\nWhen the truck is full, a group leader takes the newcomers along in the "
        "minibus. They keep the distance, carry what is needed and see what an alarm is like.",
        "newcomers are of use at the alarm from the first month, without riding in the truck",
        "+ everybody gets to go along\n+ newcomers see real work\n+ the minibus is there "
        "already\n- a group leader is missing in the truck\n- minibus is often out with the "
        "youth brigade\n- it takes a rule everybody accepts",
        "- opportunities: newcomers tell their friends; the partners at home hear a story; group "
        "leaders practise leading\n- threats: accident insurance may say no",
        "neighbouring brigades mock us; the district fire association forbids it",
        "tech 3, someone has to sort out the insurance; business 4, fuel only; desirability 4 as "
        "newcomers want to be of use, some are afraid",
        "skip the poster for this one",
        "change neighbouring brigades mock us to old hands find it silly",
        "yes",
        "ok 👍👍",
    ),
    "validate": (
        "We thought people leave because they have no time. They told us that they leave because "
        "nobody notices them: in the yard, at the first alarm, and when they stay away. "
        "One phone call from Kurt kept Jonas with us. That changed how all of us see a Tuesday "
        "evening.",
        "6, because we talked to five people but only to one who left",
        "1. Kurt asks three old hands to be buddies by next Tuesday\n2. Sabine calls the "
        "accident insurance about the minibus this week\n"
        "3. we interview two more people who left, before the end of the month",
        "add to next steps: Lena's story goes on the wall in the hall",
        "sí, listo ✅",
    ),
}
