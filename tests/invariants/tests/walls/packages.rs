//! The web client stands on few packages, and its lock file names no mirror.

use curtain_invariants::root;
use serde_json::Value;

const RUNTIME_PACKAGES: usize = 5;
const DEV_PACKAGES: usize = 20;

fn json(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join(path)).expect(path)).expect(path)
}

#[test]
fn the_web_client_needs_few_packages() {
    let package = json("web/package.json");
    let count = |section: &str| package[section].as_object().map_or(0, serde_json::Map::len);
    assert!(count("dependencies") <= RUNTIME_PACKAGES, "{}", package["dependencies"]);
    assert!(count("devDependencies") <= DEV_PACKAGES, "{}", package["devDependencies"]);
}

#[test]
fn versions_are_exact() {
    for path in ["web/package.json", "tests/browser/package.json"] {
        let package = json(path);
        for section in ["dependencies", "devDependencies"] {
            for (name, version) in package[section].as_object().into_iter().flatten() {
                let version = version.as_str().unwrap_or_default();
                let exact =
                    version.rsplit('@').next().is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()));
                assert!(exact, "{path}: {name} is {version}");
            }
        }
    }
}

#[test]
fn lock_files_name_no_mirror() {
    for path in ["web/package-lock.json", "tests/browser/package-lock.json"] {
        let lock = json(path);
        let resolved =
            |entry: &Value| entry["resolved"].as_str().is_some_and(|from| from.starts_with("http"));
        let packages = lock["packages"].as_object().expect(path);
        let named: Vec<&String> =
            packages.iter().filter(|(_, entry)| resolved(entry)).map(|(name, _)| name).collect();
        assert!(named.is_empty(), "{path} says where {named:?} came from");
        let unchecked = |(name, entry): &(&String, &Value)| !name.is_empty() && entry["integrity"].is_null();
        assert_eq!(packages.iter().filter(unchecked).count(), 0, "{path}: every package has its checksum");
    }
}
