//! What the module was made from, one hash a line: sources, manifests, locked dependencies, recipe.
//!
//! Only what can change its bytes. Of Cargo.lock that is the closure of the two crates' own dependencies: a new server
//! dependency must not make the client stale.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::sha256;
use crate::process::{Failure, failure};

const CRATES: [&str; 2] = ["crates/e2ee", "crates/domain"];
const RECIPE: &str = "crates/xtask/src/wasm";

/// The text of the INPUTS file.
pub(super) fn read(root: &Path) -> Result<String, Failure> {
    let text = |file: &str| fs::read_to_string(root.join(file)).map_err(|e| failure(file, e));
    let mut lines = Vec::new();
    let mut wanted = BTreeSet::new();
    for name in CRATES {
        let manifest = text(&format!("{name}/Cargo.toml"))?;
        wanted.extend(shipped_dependencies(&manifest));
        let mut files = files_under(root, &format!("{name}/src"))?;
        files.push(PathBuf::from(name).join("Cargo.toml"));
        if root.join(name).join(super::TYPES).is_file() {
            files.push(PathBuf::from(name).join(super::TYPES));
        }
        lines.push((hash_files(root, &files)?, name.to_owned()));
    }
    let (closure, packages) = locked_closure(&text("Cargo.lock")?, &wanted)?;
    lines.push((sha256::hex(closure.as_bytes()), format!("Cargo.lock: {packages} packages")));
    let workspace = workspace_part(&text("Cargo.toml")?, &wanted);
    lines.push((sha256::hex(workspace.as_bytes()), "Cargo.toml: their lines and the profile".to_owned()));
    let mut recipe = files_under(root, RECIPE)?;
    recipe.push(PathBuf::from(format!("{RECIPE}.rs")));
    lines.push((hash_files(root, &recipe)?, RECIPE.to_owned()));
    Ok(lines.iter().flat_map(|(hash, what)| [hash, "  ", what, "\n"]).collect())
}

fn files_under(root: &Path, folder: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).map_err(|e| failure(folder.display(), e))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    Ok(found)
}

/// Names and contents, in the order of the names.
fn hash_files(root: &Path, files: &[PathBuf]) -> Result<String, Failure> {
    let files: BTreeSet<&PathBuf> = files.iter().collect();
    let mut all = String::new();
    for file in files {
        let bytes = fs::read(root.join(file)).map_err(|e| failure(file.display(), e))?;
        all += &[&file.to_string_lossy(), " ", sha256::hex(&bytes).as_str(), "\n"].concat();
    }
    Ok(sha256::hex(all.as_bytes()))
}

/// The names under `[dependencies]`, for every target, but not those for tests.
fn shipped_dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]") && !line.contains("dev-") && !line.contains("build-");
        } else if inside
            && let Some(name) = line.split(['.', '=', ' ']).next().filter(|name| !name.is_empty())
        {
            names.push(name.to_owned());
        }
    }
    names.retain(|name| !name.starts_with('#'));
    names
}

struct Package<'a> {
    name: &'a str,
    version: &'a str,
    dependencies: Vec<&'a str>,
}

fn packages(lock: &str) -> impl Iterator<Item = Package<'_>> {
    lock.split("[[package]]\n").skip(1).map(|block| {
        let value = |key: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(key));
            line.map_or("", |rest| rest.trim_matches(['"', ' ', '=']))
        };
        let list = block.split_once("dependencies = [").map_or("", |(_, list)| list);
        let list = list.split(']').next().unwrap_or_default();
        let dependencies =
            list.lines().map(|line| line.trim_matches([' ', '"', ','])).filter(|name| !name.is_empty());
        Package { name: value("name"), version: value("version"), dependencies: dependencies.collect() }
    })
}

/// Every package that the wanted ones need, with version and checksum, sorted. Our own crates are hashed as sources.
fn locked_closure(lock: &str, wanted: &BTreeSet<String>) -> Result<(String, usize), Failure> {
    let all: Vec<Package<'_>> = packages(lock).collect();
    let mut open: Vec<&str> =
        wanted.iter().map(String::as_str).filter(|name| !name.starts_with("curtain-")).collect();
    let mut closed = BTreeSet::new();
    while let Some(wanted) = open.pop() {
        // "name" or, where several versions are locked, "name version".
        let (name, version) =
            wanted.split_once(' ').map_or((wanted, None), |(name, version)| (name, Some(version)));
        let version = version.map(|rest| rest.split(' ').next().unwrap_or(rest));
        let mut fitting =
            all.iter().filter(|package| package.name == name && version.is_none_or(|v| v == package.version));
        let Some(package) = fitting.next() else {
            return Err(Failure(format!("Cargo.lock has no {wanted}; run `cargo update --workspace`")));
        };
        if closed.insert((package.name, package.version)) {
            open.extend(&package.dependencies);
        }
    }
    let text = closed.iter().flat_map(|(name, version)| [name, " ", version, "\n"]).collect();
    Ok((text, closed.len()))
}

/// What of the workspace's manifest reaches the module: the wanted versions and features, and the profiles.
fn workspace_part(manifest: &str, wanted: &BTreeSet<String>) -> String {
    let mut section = "";
    let mut part = String::new();
    for line in manifest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') {
            section = line;
        }
        let name = line.split([' ', '=']).next().unwrap_or_default();
        let taken = match section {
            "[profile.release]" | "[profile.wasm]" => true,
            "[workspace.package]" => name == "edition" || name == "version",
            "[workspace.dependencies]" => wanted.contains(name),
            _ => false,
        };
        if taken {
            part += line;
            part += "\n";
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\n \"b 2.0.0\",\n \"c\",\n]\n\n\
        [[package]]\nname = \"b\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\n\n\
        [[package]]\nname = \"c\"\nversion = \"3.0.0\"\n\n[[package]]\nname = \"server-only\"\nversion = \"9.0.0\"\n";

    fn wanted(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_closure_is_what_is_needed_in_the_version_that_is_needed() {
        let (text, count) = locked_closure(LOCK, &wanted(&["a", "curtain-domain"])).unwrap();
        assert_eq!((text.as_str(), count), ("a 1.0.0\nb 2.0.0\nc 3.0.0\n", 3));
    }

    #[test]
    fn a_change_elsewhere_in_the_lock_makes_nothing_stale() {
        let moved = LOCK.replace("9.0.0", "9.0.1").replace("name = \"server-only\"", "name = \"other\"");
        assert_eq!(
            locked_closure(LOCK, &wanted(&["a"])).unwrap(),
            locked_closure(&moved, &wanted(&["a"])).unwrap()
        );
        let nearer = LOCK.replace("version = \"3.0.0\"", "version = \"3.0.1\"");
        assert_ne!(
            locked_closure(LOCK, &wanted(&["a"])).unwrap(),
            locked_closure(&nearer, &wanted(&["a"])).unwrap()
        );
        assert!(locked_closure(LOCK, &wanted(&["absent"])).is_err());
    }

    #[test]
    fn what_tests_need_is_not_shipped() {
        let manifest = "[package]\nname = \"x\"\n\n[dependencies]\na.workspace = true\n# why\nb = \"1\"\n\n\
            [dev-dependencies]\nproptest.workspace = true\n\n[target.'cfg(target_arch = \"wasm32\")'.dependencies]\njs-sys.workspace = true\n";
        assert_eq!(shipped_dependencies(manifest), ["a", "b", "js-sys"]);
    }

    #[test]
    fn of_the_workspace_only_our_lines_count() {
        let manifest = "[workspace.package]\nedition = \"2024\"\nlicense = \"x\"\n[workspace.dependencies]\na = \"1\"\nsqlx = \"2\"\n\
            [profile.wasm]\n# why\nlto = true\n[profile.dev]\ndebug = 1\n";
        let part = workspace_part(manifest, &wanted(&["a"]));
        assert_eq!(part, "edition = \"2024\"\na = \"1\"\n[profile.wasm]\nlto = true\n");
    }
}
