//! The TypeScript types are written by hand: here they are held to the Rust surface that they describe.

use std::collections::BTreeSet;

const RUST: &str = include_str!("../../src/wasm.rs");
const TYPES: &str = include_str!("../../curtain_e2ee.d.ts");

/// Names of methods with the number of their parameters.
fn methods(lines: impl Iterator<Item = String>) -> BTreeSet<(String, usize)> {
    lines
        .filter_map(|line| {
            let (name, rest) = line.split_once('(')?;
            let parameters = rest.split(')').next()?.split(',').map(str::trim);
            let parameters =
                parameters.filter(|parameter| !parameter.is_empty() && !parameter.contains("self"));
            Some((name.to_owned(), parameters.count()))
        })
        .collect()
}

#[test]
fn every_method_is_typed_with_as_many_parameters() {
    let class = TYPES.split("export class Member {").nth(1).unwrap().split("\n}").next().unwrap();
    let class = class.replace("constructor(", "new(");
    // One declaration a line, comments and line breaks inside the parameters taken out.
    let flat = class.lines().map(str::trim).filter(|line| !line.starts_with(['/', '*'])).collect::<String>();
    let typed = methods(flat.split(';').map(|line| line.trim().to_owned()));
    let implementation = RUST.split("impl Member {").nth(1).unwrap().split("\n}").next().unwrap();
    let flat = implementation.lines().map(str::trim).collect::<String>();
    let rust = methods(flat.split("pub fn ").skip(1).map(str::to_owned));
    let mut expected = rust.clone();
    expected.insert(("free".to_owned(), 0));
    assert_eq!(typed, expected);
    assert!(rust.len() > 20);
}
