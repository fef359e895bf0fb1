"""Addresses of the app, in node."""

import pytest

from tests.tablet.node import run_node


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/", "/", {}),
        ("/check/:key/readings", "/check/0190-a/readings", {"key": "0190-a"}),
        ("/check/:key/readings", "/check/0190-a/photos", None),
        ("/check/:key", "/check/0190-a/readings", None),
        ("/check/:key", "/check/", None),
        ("/find/:text", "/find/%E8%BE%BDN12345", {"text": "辽N12345"}),
        ("/find/:text", "/find/%E8%BE", None),  # broken: no screen, not an error
        ("/a/:x/:y", "/a/1/2", {"x": "1", "y": "2"}),
    ],
)
def test_a_path_fits_a_pattern(pattern: str, path: str, expected: object) -> None:
    script = """import { match } from "./router.js"; const main = ([a, b]) => match(a, b);"""
    assert run_node(script, [pattern, path]) == expected


def test_fixed_parts_go_before_names_wherever_they_are_listed() -> None:
    script = """import { find } from "./router.js";
    const screens = [{ path: "/check/:key" }, { path: "/check/new" }, { path: "/" }];
    const main = () => ["/check/new", "/check/7", "/", "/nothing"].map((path) => {
      const found = find(screens, path);
      return found && [found.screen.path, found.params];
    });"""
    expected = [["/check/new", {}], ["/check/:key", {"key": "7"}], ["/", {}], None]
    assert run_node(script) == expected


def test_paths_and_queries_are_read_out_of_the_address() -> None:
    script = """import { pathOf, queryOf } from "./router.js";
    const main = (all) => all.map((one) => [pathOf(one), queryOf(one)]);"""
    given = ["#/unlock?account=a%40b&pin=new", "", "#", "#/a/", "#junk", "#/"]
    assert run_node(script, given) == [
        ["/unlock", {"account": "a@b", "pin": "new"}],
        ["/", {}],
        ["/", {}],
        ["/a", {}],
        ["/", {}],
        ["/", {}],
    ]
