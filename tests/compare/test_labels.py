"""Names of points can be read: they lie beside their point and on nothing else."""

from __future__ import annotations

from compare.labels import Box, place

PICTURE = Box(0, 0, 500, 100)


def test_a_name_is_beside_its_point() -> None:
    (label,) = place([(100, 50, "abc")], [(100, 50)], PICTURE)
    assert label and (label.x, label.y, label.anchor) == (110, 54, "start")


def test_a_name_at_the_edge_is_on_the_other_side() -> None:
    (label,) = place([(480, 50, "a long name")], [(480, 50)], PICTURE)
    assert label and label.anchor == "end" and label.x < 480


def test_names_keep_off_dots_and_each_other() -> None:
    points = [(100.0, 50.0, "first"), (104.0, 52.0, "second"), (125.0, 50.0, "third")]
    dots = [(x, y) for x, y, _ in points]
    labels = place(points, dots, PICTURE)
    boxes = [label.box(name) for (_, _, name), label in zip(points, labels, strict=True) if label]
    assert len(boxes) == len(points)
    for number, box in enumerate(boxes):
        assert not [(x, y) for x, y in dots if box.meets(Box(x, y, x + 1, y + 1))]
        assert not any(map(box.meets, boxes[:number]))


def test_a_name_without_room_is_left_out() -> None:
    assert place([(10, 10, "a name")], [(10, 10)], Box(0, 0, 30, 20)) == [None]
    assert place([(100, 50, "a name")], [(100, 50)], PICTURE, [PICTURE]) == [None]
