//! Nothing is left half done, nothing is true on one machine only, and no test gets a second chance.

use curtain_invariants::{Source, expect_none, root, sources};

/// Spelt apart, so that this file does not find itself.
fn marks() -> Vec<String> {
    let halves = [("TO", "DO"), ("FIX", "ME"), ("X", "XX"), ("todo", "!("), ("unimplemented", "!(")];
    halves.iter().map(|(one, two)| format!("{one}{two}")).collect()
}

/// Folders of single machines, and hosts of package registries or their mirrors.
fn places() -> Vec<String> {
    let halves = [
        ("/ro", "ot/"),
        ("/wo", "rk/"),
        ("/fa", "rm/"),
        ("/home/ru", "nner"),
        ("registry.npm", "js.org"),
        ("static.crates", ".io"),
        ("index.crates", ".io"),
        ("deb.debian", ".org"),
    ];
    halves.iter().map(|(one, two)| format!("{one}{two}")).collect()
}

/// Where a text holds a mark as a word of its own, or a path from the root on.
fn lines_with<'a>(source: &'a Source, wanted: &'a [String]) -> impl Iterator<Item = String> + 'a {
    let holds = |line: &str, mark: &str| {
        line.match_indices(mark).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + mark.len()..].chars().next();
            let word =
                |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
            let path = mark.starts_with('/');
            let starts = if path {
                !before.is_some_and(|c| c.is_alphanumeric() || "_.-~}$".contains(c))
            } else {
                !word(before)
            };
            starts && (path || mark.ends_with('(') || !word(after))
        })
    };
    let found = source.text.lines().enumerate();
    let found = found.filter(move |(_, line)| wanted.iter().any(|mark| holds(line, mark)));
    found.map(|(number, line)| format!("{}:{}: {}", source.path, number + 1, line.trim()))
}

#[test]
fn nothing_is_left_half_done() {
    let marks = marks();
    let all = sources(&["crates", "web", "migrations", "deploy", "tests", "docs"]);
    let found: Vec<String> = all.iter().flat_map(|source| lines_with(source, &marks)).collect();
    expect_none("marks of unfinished work", &found);
}

#[test]
fn nothing_names_one_machine() {
    let places = places();
    let found: Vec<String> = sources(&[""])
        .iter()
        .filter(|source| source.path != "Cargo.lock")
        .flat_map(|source| lines_with(source, &places).collect::<Vec<_>>())
        .collect();
    expect_none("paths and hosts of single machines", &found);
}

#[test]
fn a_mark_is_found_as_a_word_and_a_path_from_its_root() {
    let source = |text: &str| Source { path: "x".into(), text: text.into() };
    let (marks, places) = (marks(), places());
    let mark = &marks[0];
    assert_eq!(lines_with(&source(&format!("// {mark}: later")), &marks).count(), 1);
    assert_eq!(lines_with(&source(&format!("the{mark}list")), &marks).count(), 0);
    assert_eq!(lines_with(&source(&format!("cd {}x", places[0])), &places).count(), 1);
    assert_eq!(lines_with(&source(&format!("see sub{}x", places[0])), &places).count(), 0);
}

#[test]
fn no_test_is_tried_twice() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect(path);
    assert!(read(".config/nextest.toml").contains("retries = 0"), "nextest");
    assert!(read("tests/browser/playwright.config.ts").contains("retries: 0"), "Playwright");
    assert!(!read("web/vite.config.ts").contains("retry"), "vitest retries nothing unless told");
}
