//! `cargo xtask bench` and `cargo xtask fuzz`: the runs that answer "how fast" and "how robust" rather than "does it hold".

use std::fs;
use std::path::{Path, PathBuf};

use crate::demo::GIVEN_SERVER;
use crate::process::cargo::build_everything;
use crate::process::tool::Tool;
use crate::process::{Failure, built, failure, root, say};
use crate::{install, web};

/// Where a bench stands: `tests/browser/bench/NAME.bench.ts`.
const BENCHES: &str = "tests/browser/bench";
const BENCH_ENDING: &str = ".bench.ts";
const FUZZ_ENDING: &str = ".rs";

/// `cargo xtask bench [NAME] [--json PATH]`
pub(crate) fn command(arguments: &[String]) -> Result<(), Failure> {
    let (name, json) = read(arguments)?;
    let known = named(&root().join(BENCHES), BENCH_ENDING);
    let chosen: Vec<&String> =
        known.iter().filter(|known| name.as_ref().is_none_or(|name| *known == name)).collect();
    if chosen.is_empty() {
        return Err(Failure(format!("no such bench; there are: {}", known.join(", "))));
    }
    install::node()?;
    let chromium = install::chromium()?;
    web::packages("web")?;
    web::packages("tests/browser")?;
    web::build()?;
    build_everything()?;
    for bench in chosen {
        let mut tool = Tool::new("npm", &["run", "--silent", "bench", "--", &format!("{bench}.bench")])
            .folder(&root().join("tests/browser"))
            .env("CURTAIN_CHROMIUM", &chromium)
            .env(GIVEN_SERVER, built("curtain")?);
        if let Some(json) = &json {
            tool = tool.env("CURTAIN_BENCH_JSON", json);
        }
        tool.shown()?;
    }
    Ok(())
}

fn read(arguments: &[String]) -> Result<(Option<String>, Option<PathBuf>), Failure> {
    let (mut name, mut json) = (None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--json" => {
                let told = rest.next().ok_or_else(|| Failure("--json wants a path".into()))?;
                // The bench runs in another folder.
                json = Some(std::path::absolute(told).map_err(|e| failure(told, e))?);
            }
            flag if flag.starts_with('-') => return Err(Failure(format!("bench does not know {flag}"))),
            _ if name.is_some() => return Err(Failure("one bench at a time, or none for all".into())),
            told => name = Some(told.to_owned()),
        }
    }
    Ok((name, json))
}

/// `cargo xtask fuzz [TARGET]`: says which targets there are, or runs one with cargo-fuzz.
pub(crate) fn fuzz(arguments: &[String]) -> Result<(), Failure> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(root().join("crates"))?.flatten() {
        let folder = entry.path().join("fuzz");
        targets.extend(
            named(&folder.join("fuzz_targets"), FUZZ_ENDING).into_iter().map(|name| (name, folder.clone())),
        );
    }
    targets.sort();
    let Some(wanted) = arguments.first() else {
        if targets.is_empty() {
            say(
                "There are no coverage-guided fuzz targets yet. Property tests run in every `cargo xtask test`.",
            );
        }
        for (name, _) in &targets {
            say(name);
        }
        return Ok(());
    };
    let found = targets.iter().find(|(name, _)| name == wanted);
    let (name, folder) = found.ok_or_else(|| Failure(format!("no fuzz target {wanted}")))?;
    Tool::new("cargo", &["fuzz", "run", name]).folder(folder).shown()
}

/// The files of a folder with this ending, without it, sorted.
fn named(folder: &Path, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let name =
        |entry: fs::DirEntry| entry.file_name().to_string_lossy().strip_suffix(ending).map(str::to_owned);
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_bench_is_named_once_and_its_figures_go_to_a_file() {
        let (name, json) = read(&words("join --json figures.json")).unwrap();
        assert_eq!(name.as_deref(), Some("join"));
        assert!(json.unwrap().is_absolute());
        assert_eq!(read(&[]).unwrap(), (None, None));
        assert!(read(&words("join leave")).is_err());
        assert!(read(&words("join --csv x")).is_err());
    }

    #[test]
    fn the_join_bench_is_there() {
        assert!(named(&root().join(BENCHES), BENCH_ENDING).contains(&"join".to_owned()));
    }
}
