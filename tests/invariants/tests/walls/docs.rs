//! Every link inside the documentation leads somewhere.

use std::path::Path;

use curtain_invariants::{Source, expect_none, root, sources};

/// Link targets of a Markdown text, outside of code.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        // Every second piece between backquotes is code.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for (at, _) in prose.match_indices("](") {
            let target = prose[at + 2..].split([')', ' ']).next().unwrap_or_default();
            found.push(target.to_owned());
        }
    }
    found
}

/// How a heading becomes an anchor: lower case, punctuation gone, spaces to hyphens.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn has_anchor(text: &str, wanted: &str) -> bool {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .any(|line| anchor(line.trim_start_matches('#')) == wanted)
}

fn broken(source: &Source) -> Vec<String> {
    let folder = Path::new(&source.path).parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for link in links(&source.text) {
        if link.contains("://") || link.starts_with("mailto:") {
            continue;
        }
        let (file, fragment) =
            link.split_once('#').map_or((link.as_str(), None), |(file, part)| (file, Some(part)));
        let target = if file.is_empty() { root().join(&source.path) } else { root().join(folder).join(file) };
        let leads = target.exists()
            && fragment.is_none_or(|part| {
                std::fs::read_to_string(&target).is_ok_and(|text| has_anchor(&text, part))
            });
        if !leads {
            found.push(format!("{}: {link}", source.path));
        }
    }
    found
}

#[test]
fn every_link_leads_somewhere() {
    let pages = sources(&[""]).into_iter().filter(|source| source.ending() == "md");
    expect_none("broken links", &pages.flat_map(|source| broken(&source)).collect::<Vec<_>>());
}

#[test]
fn links_in_code_are_no_links() {
    assert_eq!(links("[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n![g](h.png \"title\")"), ["b.md", "h.png"]);
    assert_eq!(anchor(" Two commands, one `house`!"), "two-commands-one-house");
}
