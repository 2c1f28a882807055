//! The tree as the walls' tests see it: which files are ours, and what stands in them.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that tools make; nothing in them is ours to judge.
const MADE: [&str; 6] = ["target", "node_modules", "dist", "results", "test-results", ".git"];

/// The checkout.
///
/// # Panics
/// When this package stands somewhere else than in `tests/invariants`.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("tests/invariants stands two folders down").to_path_buf()
}

/// One text file of ours.
pub struct Source {
    /// From the checkout, with `/`.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

impl Source {
    /// What follows the last dot of the name; empty without one.
    pub fn ending(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, ending)| ending)
    }
}

/// Every text file of ours below `folders`, sorted by path. `""` is the whole tree. Files that are no UTF-8 are left out.
pub fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let kind = entry.file_type();
            let made = MADE.iter().any(|name| entry.file_name() == *name);
            if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) && !made {
                open.push(entry.path());
            } else if kind.is_ok_and(|kind| kind.is_file())
                && let Ok(text) = fs::read_to_string(entry.path())
            {
                found.push(Source { path: relative(&entry.path()), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// A path from the checkout on.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}

/// Fails with one line per finding, or passes when there is none.
///
/// # Panics
/// When there is a finding.
pub fn expect_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}
