//! What the compiler must refuse: each file in `refused/` is an example of this package that does not compile, and why.
//!
//! The compiler's error codes are compared, not its words: those change from one version to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use curtain_invariants::root;
use serde_json::Value;

/// Each case and the codes it is refused with; the control with none.
const CASES: [(&str, &[&str]); 6] = [
    ("clinician_opens_a_note", &[]),
    // "the trait bound `Administrator: MayReadClinicalText` is not satisfied"
    ("administrator_opens_a_note", &["E0277"]),
    // "no method named `note` found for `&mut AdminScope`"
    ("administrator_reads_a_record", &["E0599"]),
    // "`ClinicalText` doesn't implement `Debug`"
    ("clinical_text_is_printed", &["E0277"]),
    // "cannot construct `Principal<_>` with struct literal syntax due to private fields", as private fields
    ("forged_principal", &["E0451"]),
    // "the trait bound `Intruder: Sealed` is not satisfied"
    ("forged_role", &["E0277"]),
];

#[test]
fn the_compiler_refuses_what_nobody_may_do() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["check", "--quiet", "--locked", "--package", "curtain-invariants", "--features", "refused"])
        .args(["--examples", "--keep-going", "--message-format=json"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let mut refused: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut compiled = BTreeSet::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(told) = serde_json::from_str::<Value>(line) else { continue };
        let name = told["target"]["name"].as_str().unwrap_or_default().to_owned();
        if told["reason"] == "compiler-artifact" {
            compiled.insert(name);
        } else if told["message"]["level"] == "error"
            && let Some(code) = told["message"]["code"]["code"].as_str()
        {
            refused.entry(name).or_default().insert(code.to_owned());
        }
    }
    for (case, codes) in CASES {
        let told = refused.remove(case).unwrap_or_default();
        let wanted: BTreeSet<String> = codes.iter().map(|code| (*code).to_owned()).collect();
        assert_eq!(told, wanted, "{case}; cargo said: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(compiled.contains(case), codes.is_empty(), "{case} compiled");
    }
    assert!(refused.is_empty(), "cases without a row here: {refused:?}");
}

#[test]
fn every_case_has_its_row() {
    let files = curtain_invariants::sources(&["tests/invariants/refused"]);
    let there: BTreeSet<&str> =
        files.iter().filter_map(|file| file.path.rsplit('/').next()?.strip_suffix(".rs")).collect();
    assert_eq!(there, CASES.iter().map(|(case, _)| *case).collect());
}
