//! Small things: files that fit a screen or three, folders that fit a glance, and every file says why it exists.

use std::collections::BTreeMap;

use curtain_invariants::{Source, expect_none, root, sources};

const MEDIAN_LINES: usize = 150;
const HARD_LINES: usize = 600;
const FILES_PER_FOLDER: usize = 12;
/// Ours and hand-written: generated files are as long as they are.
const WRITTEN: [&str; 5] = ["rs", "ts", "svelte", "css", "sql"];
/// What may stand in the checkout's first folder beside dotfiles and what tools make.
const TOP_LEVEL: [&str; 9] =
    ["Cargo.toml", "Cargo.lock", "crates", "migrations", "web", "deploy", "tests", "docs", "README.md"];

fn written() -> Vec<Source> {
    let all = sources(&["crates", "web", "tests", "migrations"]);
    all.into_iter().filter(is_written).collect()
}

fn is_written(source: &Source) -> bool {
    let path = &source.path;
    let generated =
        path.contains(".gen.") || path.starts_with("web/src/e2ee/wasm/") || path.contains(".d.ts");
    !generated && WRITTEN.contains(&source.ending())
}

#[test]
fn no_file_is_long() {
    let lines = |source: &Source| source.text.lines().count();
    let written = written();
    let long: Vec<String> = written
        .iter()
        .filter(|source| lines(source) > HARD_LINES)
        .map(|source| format!("{}: {} lines", source.path, lines(source)))
        .collect();
    expect_none("files over the hard limit", &long);
    for ending in ["rs", "ts"] {
        let mut lengths: Vec<usize> =
            written.iter().filter(|source| source.ending() == ending).map(lines).collect();
        lengths.sort_unstable();
        let median = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
        assert!(median <= MEDIAN_LINES, "the median .{ending} file has {median} lines");
    }
}

#[test]
fn no_folder_is_crowded() {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    let written = written();
    for source in &written {
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        // A migration is never moved once it ran anywhere: that folder only grows. A test beside its file is no file more.
        if folder != "migrations" && !source.path.ends_with(".test.ts") {
            *folders.entry(folder).or_default() += 1;
        }
    }
    let crowded: Vec<String> = folders
        .into_iter()
        .filter(|(_, files)| *files > FILES_PER_FOLDER)
        .map(|(folder, files)| format!("{folder}: {files} files"))
        .collect();
    expect_none("crowded folders", &crowded);
}

#[test]
fn every_file_says_why_it_exists() {
    let silent: Vec<String> =
        written().into_iter().filter(|source| !opens_with_why(source)).map(|source| source.path).collect();
    expect_none("files that do not open with a comment", &silent);
}

fn opens_with_why(source: &Source) -> bool {
    let text = source.text.trim_start();
    match source.ending() {
        "rs" => text.starts_with("//!"),
        "ts" => text.starts_with("//") || text.starts_with("/*"),
        "css" => text.starts_with("/*"),
        "svelte" => text.starts_with("<!--"),
        _ => text.starts_with("--"),
    }
}

#[test]
fn nothing_else_stands_at_the_top() {
    let made = |name: &str| name.starts_with('.') || name == "target";
    let strangers: Vec<String> = std::fs::read_dir(root())
        .expect("the checkout is readable")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !made(name) && !TOP_LEVEL.contains(&name.as_str()) && !name.starts_with("LICENSE"))
        .collect();
    expect_none("beside the agreed top level", &strangers);
}
