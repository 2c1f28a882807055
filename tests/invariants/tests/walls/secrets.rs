//! What must never be printed has no way to print itself: a scan of the sources behind the compiler's own refusals.

use curtain_invariants::{Source, expect_none, sources};

/// Types that hold a secret or clinical words. The compile-fail cases prove one of them; this list keeps the others.
const SECRETS: [&str; 16] = [
    "ClinicalText",
    "KeyEncryptionKey",
    "Vault",
    "TotpSecret",
    "Password",
    "NewPassword",
    "PasswordPhc",
    "RecoveryCode",
    "ContextToken",
    "NewSession",
    "StoredSessionRow",
    "Identity",
    "RecordContext",
    "CredentialContext",
    "FrameKey",
    "DeviceKey",
];

/// Ways to print or to send, as derives and as impls.
const PRINTS: [&str; 3] = ["Debug", "Display", "Serialize"];

fn rust() -> Vec<Source> {
    sources(&["crates"]).into_iter().filter(|source| source.ending() == "rs").collect()
}

/// The attributes directly above `struct NAME` or `enum NAME`, when this file declares it.
fn attributes_of<'a>(text: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let declares = |line: &&str| {
        ["struct ", "enum "].iter().any(|kind| {
            line.split_once(kind).is_some_and(|(before, after)| {
                let rest = after.strip_prefix(name);
                (before.is_empty() || before.starts_with("pub"))
                    && rest.is_some_and(|rest| rest.starts_with([' ', '(', '<', '{', ';']))
            })
        })
    };
    let at = lines.iter().position(declares)?;
    let above = lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
    Some(above.copied().filter(|line| line.starts_with("#[")).collect())
}

#[test]
fn secrets_cannot_print_themselves() {
    let sources = rust();
    let mut found = Vec::new();
    for name in SECRETS {
        let mut homes = 0;
        for source in &sources {
            if let Some(attributes) = attributes_of(&source.text, name) {
                homes += 1;
                let derives = |print: &&&str| {
                    attributes.iter().any(|line| line.contains("derive") && line.contains(**print))
                };
                found.extend(
                    PRINTS
                        .iter()
                        .filter(derives)
                        .map(|print| format!("{}: {name} derives {print}", source.path)),
                );
            }
            let implemented = |print: &&&str| {
                source.text.lines().any(|line| {
                    line.trim_start().starts_with("impl") && line.contains(&format!("{print} for {name} "))
                })
            };
            found.extend(
                PRINTS.iter().filter(implemented).map(|print| format!("{}: {print} for {name}", source.path)),
            );
        }
        if homes == 0 {
            found.push(format!("{name} is in the list but nowhere declared"));
        }
    }
    expect_none("secrets that can be printed", &found);
}

#[test]
fn every_token_made_by_the_macro_is_as_silent() {
    let sources = rust();
    let tokens =
        sources.iter().find(|source| source.path == "crates/auth/src/token.rs").expect("the tokens' file");
    let attributes = attributes_of(&tokens.text, "$token").expect("the macro declares $token");
    assert!(attributes.iter().all(|line| !PRINTS.iter().any(|print| line.contains(print))), "{attributes:?}");
}

#[test]
fn the_scan_sees_a_derive_above_a_comment() {
    let text = "#[derive(Clone, Debug)]\n/// Words.\npub(crate) struct Words(String);\nstruct Wordsmith;\n";
    assert_eq!(attributes_of(text, "Words"), Some(vec!["#[derive(Clone, Debug)]"]));
    assert_eq!(attributes_of(text, "Word"), None);
    assert_eq!(attributes_of(text, "Wordsmith"), Some(vec![]));
}
