"""Labelled synthetic lines of text: fonts, texts and damage drawn at random, from a seed.

`hubocr.synth.generator.LineGenerator` gives a line by its number: it depends on the settings, their
seed and that number alone, so that any worker may make it. `hubocr.synth.output` writes them.
fontTools is the extra ``hubocr[synth]``; importing this package loads nothing.
"""
