"""Names of points can be read: they lie beside their point and on nothing else."""

from __future__ import annotations

from compare.labels import place


def test_a_name_is_beside_its_point() -> None:
    (label,) = place([(100, 50, "abc")], [(100, 50)], 500)
    assert (label.x, label.y, label.anchor) == (110, 54, "start")


def test_a_name_at_the_edge_is_on_the_other_side() -> None:
    (label,) = place([(480, 50, "a long name")], [(480, 50)], 500)
    assert label.anchor == "end" and label.x < 480


def test_names_keep_off_dots_and_each_other() -> None:
    points = [(100.0, 50.0, "first"), (104.0, 52.0, "second"), (125.0, 50.0, "third")]
    dots = [(x, y) for x, y, _ in points]
    labels = place(points, dots, 500)
    spans = []
    for (_, _, name), label in zip(points, labels, strict=True):
        left = label.x - (6.6 * len(name) if label.anchor == "end" else 0)
        spans.append((left, left + 6.6 * len(name), label.y - 12, label.y))
    for number, (left, right, top, bottom) in enumerate(spans):
        assert not [dot for dot in dots if left < dot[0] < right and top < dot[1] < bottom]
        for other in spans[:number]:
            assert right <= other[0] or other[1] <= left or bottom <= other[2] or other[3] <= top
