"""Lesson 6: which of six ways to test a network forget evaluation mode."""

from utils.checks.core import Mistake, ValueExercise

forgotten_eval = ValueExercise(
    "forgotten-eval",
    reference=[2, 3, 5],
    advice="Ask each way for the scores of one and the same digit twice: once within the whole "
    "batch, once alone. In evaluation mode the company does not matter.",
    passed="no_grad, a copy and frozen weights all leave batch norm in training mode.",
    mistakes=[
        Mistake(
            "what is right is listed",
            "Asked for are the ways that *forget* evaluation mode.",
            [1, 4, 6],
        ),
        Mistake(
            "every way that never calls eval() is listed",
            "Way 4 calls train(False), and way 3 does call eval(). Trust the measurement, not the "
            "word.",
            [2, 4, 5],
        ),
        Mistake(
            "the way with a copy is missed",
            "Way 3 does call eval(). On which network?",
            [2, 5],
        ),
        Mistake(
            "the ways that keep gradients are listed",
            "Gradients that nobody uses cost time and memory, but change no answer.",
            [4, 5],
        ),
        Mistake(
            "the way that asks one by one is listed",
            "Asking one by one is slow, but in evaluation mode it gives the same scores.",
            [2, 3, 5, 6],
        ),
        Mistake(
            "frozen weights are taken for evaluation mode",
            "The mean and the variance of a batch are no weights. Nothing freezes them.",
            [2, 3],
        ),
        Mistake("every way is listed", "Some are right.", [1, 2, 3, 4, 5, 6]),
    ],
)
