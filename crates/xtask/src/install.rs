//! What a machine with only Rust and Node lacks: found where it is, installed by apt when root, else named in one line.
//!
//! **Nothing here asks for a password.** Whoever is not root gets the one line to run.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::process::tool::Tool;
use crate::process::{Failure, failure, say};

/// The oldest Node.js that Vite runs on.
const NODE_MINIMUM: (u32, u32) = (20, 19);
/// Where a Chromium of Debian or Ubuntu may be.
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Whether we may install packages and must drop rights for Postgres.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// A program on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Node.js and npm, new enough for the web client's tools.
pub(crate) fn node() -> Result<(), Failure> {
    let wanted = format!(
        "Node.js {}.{} or newer with npm is needed (https://nodejs.org)",
        NODE_MINIMUM.0, NODE_MINIMUM.1
    );
    if on_path("npm").is_none() {
        return Err(Failure(wanted));
    }
    let told = Tool::new("node", &["--version"]).output().map_err(|_| Failure(wanted.clone()))?;
    if node_version(&told).is_some_and(|version| version >= NODE_MINIMUM) {
        return Ok(());
    }
    Err(Failure(format!("{wanted}; found {}", told.trim())))
}

fn node_version(told: &str) -> Option<(u32, u32)> {
    let mut parts = told.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// rustfmt and clippy, which rustup leaves out of its minimal profile.
pub(crate) fn rust_components() -> Result<(), Failure> {
    let there = |name: &str| Tool::new("cargo", &[name, "--version"]).output().is_ok();
    if there("fmt") && there("clippy") {
        return Ok(());
    }
    let line = "rustup component add rustfmt clippy";
    if on_path("rustup").is_none() {
        return Err(Failure(format!("rustfmt or clippy is missing; with rustup: {line}")));
    }
    Tool::new("rustup", &["component", "add", "rustfmt", "clippy"]).logged("rustup")
}

/// Chromium for the browser tests, installed when it is absent and we may.
pub(crate) fn chromium() -> Result<PathBuf, Failure> {
    if let Some(file) = std::env::var_os("CURTAIN_CHROMIUM") {
        return Ok(PathBuf::from(file));
    }
    let find = || CHROMIUM.iter().find_map(|name| on_path(name));
    if let Some(found) = find() {
        return Ok(found);
    }
    apt(&["chromium"], "chromium")?;
    find().ok_or_else(|| Failure("chromium was installed but is not on PATH".into()))
}

/// Postgres' server programs, installed when they are absent and we may.
pub(crate) fn postgres() -> Result<PathBuf, Failure> {
    if let Some(found) = postgres_programs()? {
        return Ok(found);
    }
    keep_debian_from_starting_a_cluster()?;
    apt(&["postgresql"], "postgresql")?;
    postgres_programs()?
        .ok_or_else(|| Failure("postgresql was installed but its programs were not found".into()))
}

/// The folder with `initdb`, `pg_ctl` and `postgres` together; a folder with only some of them is no server.
fn postgres_programs() -> Result<Option<PathBuf>, Failure> {
    let complete =
        |folder: &Path| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file());
    if let Some(told) = std::env::var_os("CURTAIN_PG_BIN").map(PathBuf::from) {
        let lacking =
            || Failure(format!("CURTAIN_PG_BIN={} lacks initdb, pg_ctl or postgres", told.display()));
        return complete(&told).then_some(Some(told.clone())).ok_or_else(lacking);
    }
    let installed = newest_first(Path::new("/usr/lib/postgresql"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(installed.into_iter().chain(std::env::split_paths(&path)).find(|folder| complete(folder)))
}

/// `FOLDER/17/bin` before `FOLDER/15/bin`: Debian keeps each major version in its own folder.
fn newest_first(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let number = |name: String| name.parse::<u32>().ok();
    let mut majors: Vec<u32> =
        entries.filter_map(|e| number(e.file_name().to_string_lossy().into_owned())).collect();
    majors.sort_unstable_by(|a, b| b.cmp(a));
    majors.into_iter().map(|major| folder.join(major.to_string()).join("bin")).collect()
}

/// Debian's package makes and starts a cluster on port 5432 unless this file says no before it is installed.
fn keep_debian_from_starting_a_cluster() -> Result<(), Failure> {
    let file = Path::new("/etc/postgresql-common/createcluster.conf");
    if !is_root() || file.exists() {
        return Ok(());
    }
    let written = fs::create_dir_all("/etc/postgresql-common").and_then(|()| {
        fs::write(file, "# Written by Curtain's demo: it brings its own.\ncreate_main_cluster = false\n")
    });
    written.map_err(|e| failure(file.display(), e))
}

/// Installs Debian packages, or says the line that does.
fn apt(packages: &[&str], log: &str) -> Result<(), Failure> {
    let line = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    if !is_root() || on_path("apt-get").is_none() {
        return Err(Failure(format!(
            "{} is missing; install it as root, for example: {line}",
            packages.join(" ")
        )));
    }
    say(format!("      installing {} (logs: target/xtask/apt-*.log) ...", packages.join(" ")));
    let tool = |arguments: &[&str]| Tool::new("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive");
    // A list that is too old or absent is the usual cause of "unable to locate package"; a mirror that is down is not ours.
    if let Err(told) = tool(&["update"]).logged("apt-update") {
        say(format!("      {told}"));
    }
    let mut arguments =
        vec!["install", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"];
    arguments.extend(packages);
    tool(&arguments).logged(&format!("apt-{log}")).map_err(|e| failure(format!("could not run `{line}`"), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_20_19_is_the_oldest() {
        assert!(node_version("v20.20.2\n").is_some_and(|v| v >= NODE_MINIMUM));
        assert!(node_version("v22.1.0").is_some_and(|v| v >= NODE_MINIMUM));
        assert!(node_version("v20.18.0").is_some_and(|v| v < NODE_MINIMUM));
        assert_eq!(node_version("twenty"), None);
    }

    #[test]
    fn postgres_17_comes_before_9_and_15() {
        let folder = std::env::temp_dir().join(format!("curtain-majors-{}", std::process::id()));
        for major in ["9", "15", "17", "common"] {
            fs::create_dir_all(folder.join(major)).unwrap();
        }
        let found = newest_first(&folder);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, ["17", "15", "9"].map(|major| folder.join(major).join("bin")));
    }
}
