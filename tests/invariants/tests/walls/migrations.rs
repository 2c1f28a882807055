//! Migrations are never edited: a database that ran one would differ from a database that runs it tomorrow.
//!
//! `migrations.txt` holds the fingerprint of each. A new migration adds its line, which the failing test prints.

use std::collections::BTreeMap;

use curtain_invariants::{expect_none, root, sources};

/// FNV-1a, 64 bits: enough to notice an edit, and sqlx checks with a real hash when it migrates.
fn fingerprint(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[test]
fn a_migration_is_never_edited_or_taken_back() {
    let list =
        std::fs::read_to_string(root().join("tests/invariants/migrations.txt")).expect("the list is there");
    let mut told: BTreeMap<&str, &str> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' ').map(|(print, name)| (name, print)))
        .collect();
    let mut found = Vec::new();
    for source in sources(&["migrations"]) {
        let name = source.path.trim_start_matches("migrations/");
        let print = fingerprint(&source.text);
        match told.remove(name) {
            Some(before) if before == print => {}
            Some(_) => found.push(format!("{name} was edited: write a new migration instead")),
            None => found.push(format!("new; add to tests/invariants/migrations.txt: {print} {name}")),
        }
    }
    found.extend(
        told.keys().map(|name| format!("{name} is gone: databases that ran it still hold its tables")),
    );
    expect_none("migrations", &found);
}

#[test]
fn the_fingerprint_is_fnv_1a() {
    assert_eq!(fingerprint("foobar"), "85944171f73967e8");
}
