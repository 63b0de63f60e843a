"""Figures carry their text alternative; the data is what it says."""

import matplotlib.pyplot as plt
import pytest
import torch

from utils import data, plots


@pytest.fixture
def shown(monkeypatch):
    pictures = []
    monkeypatch.setattr(plots, "display", pictures.append)
    return pictures


def line():
    figure, axis = plt.subplots()
    axis.plot([1, 2])
    return figure


def test_show_gives_an_image_with_a_text_alternative(shown):
    figure = line()
    plots.show(figure, 'A line that rises, "steeply" <so>')
    markup = shown[0]._repr_html_()
    assert 'alt="A line that rises, &quot;steeply&quot; &lt;so&gt;"' in markup
    assert 'src="data:image/png;base64,' in markup
    assert not plt.fignum_exists(figure.number), "the figure is closed"


def test_the_same_figure_gives_the_same_bytes(shown):
    plots.show(line(), "A line")
    plots.show(line(), "A line")
    assert shown[0].png == shown[1].png


def test_only_a_chart_may_be_inverted_on_a_dark_page(shown):
    """Curves are a chart; an image, a map of numbers and a drawing without axes are not."""
    plots.show(line(), "A line")
    plots.show(plots.image_grid(torch.rand(2, 8, 8)), "Two images")
    figure, axis = plt.subplots()
    axis.pcolormesh(torch.rand(3, 3).numpy())
    plots.show(figure, "A map")
    figure, axis = plt.subplots()
    axis.axis("off")
    plots.show(figure, "A drawing")
    assert [picture.is_chart for picture in shown] == [True, False, False, False]
    assert 'class="chart"' in shown[0]._repr_html_()
    assert "class" not in shown[1]._repr_html_()


def test_show_wants_a_figure_and_a_text():
    with pytest.raises(ValueError, match="say in a sentence"):
        plots.show(line(), " ")
    plt.close("all")
    with pytest.raises(TypeError, match="list"):
        plots.show([], "A line")


def test_image_grid():
    figure = plots.image_grid(torch.rand(5, 8, 8), titles=list("abcde"), columns=3)
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "c", "d", "e", ""]
    with pytest.raises(ValueError, match="5 images, but 1 titles"):
        plots.image_grid(torch.rand(5, 8, 8), titles=["a"])
    with pytest.raises(ValueError, match="no images"):
        plots.image_grid([])
    plt.close("all")


def test_colours_differ_in_lightness_marker_and_line():
    with plt.rc_context():
        plots.use_style()
        styles = list(plt.rcParams["axes.prop_cycle"])
    looks = {(style["marker"], style["linestyle"]) for style in styles}
    assert len(looks) == len(styles) == 8


def test_digits():
    digits = data.digits()
    assert digits.train_images.shape == (1437, 1, 8, 8) and digits.test_images.shape[0] == 360
    assert digits.train_images.min() == 0 and digits.train_images.max() == 1
    assert set(digits.test_labels.tolist()) == set(range(10))
    again = data.digits()
    assert torch.equal(digits.train_images, again.train_images)
    assert not torch.equal(digits.train_labels, data.digits(seed=1).train_labels)
    with pytest.raises(ValueError, match="1796"):
        data.digits(test_size=5000)


def test_hopper():
    portrait = data.hopper()
    assert portrait.shape == (3, 600, 512) and portrait.dtype == torch.float32
    assert 0 <= portrait.min() < 0.1 and 0.9 < portrait.max() <= 1
