"""Lesson 8: which pairs of networks are a test of one thing alone."""

from utils.checks.core import Mistake, ValueExercise

fair_pairs = ValueExercise(
    "fair-pairs",
    reference=[2, 3, 6],
    advice="For each pair write down depth, batch norm, shortcuts and kind of block. A pair is a "
    "test of what it is said to test if that alone differs.",
    passed="in the other three something else changes along with what is said to be tested.",
    mistakes=[
        Mistake(
            "the unfair pairs are listed",
            "Asked for are the pairs in which only what is said to be tested differs.",
            [1, 4, 5],
        ),
        Mistake(
            "VGG-16 against ResNet-34 is taken for a test of depth",
            "ResNet-34 is deeper, and it has batch norm and shortcuts besides.",
            [1, 2, 3, 6],
        ),
        Mistake(
            "VGG-19 with batch norm against ResNet-18 is taken for a test of shortcuts",
            "Both have batch norm. But are they equally deep and equally wide, and do they end in "
            "the same way? Look at what each costs.",
            [2, 3, 4, 6],
        ),
        Mistake(
            "ResNet-34 against ResNet-50 is taken for a test of depth",
            "From 50 layers on the block is another one, the bottleneck.",
            [2, 3, 5, 6],
        ),
        Mistake(
            "ResNet-50 against ResNet-101 is left out",
            "Both are made of bottlenecks, with batch norm and shortcuts. What differs?",
            [2, 3],
        ),
        Mistake(
            "the two VGG-16 are left out",
            "The second is the first with a batch norm after each conv layer, and nothing else.",
            [3, 6],
        ),
        Mistake(
            "the plain networks are left out",
            "Plain-34 is ResNet-34 with its shortcuts taken out: read the sentence about them.",
            [2, 6],
        ),
        Mistake(
            "pairs are counted from 0",
            "The list in the task counts from 1.",
            [1, 2, 5],
        ),
        Mistake(
            "every pair is listed",
            "Three of them change more than one thing.",
            [1, 2, 3, 4, 5, 6],
        ),
    ],
)
