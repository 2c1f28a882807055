//! The web client: its packages, its build, and the proof that two builds give the same bytes.
//!
//! Each step leaves a stamp of what it was made from, so that a second start costs nothing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::tool::Tool;
use crate::process::{Failure, failure, root, say, work_folder};
use crate::wasm::sha256;

/// Not sources: what npm and Vite make from them.
const MADE: [&str; 2] = ["node_modules", "dist"];

/// `npm ci` in `folder` (under the checkout), unless that very lock file is already installed.
pub(crate) fn packages(folder: &str) -> Result<(), Failure> {
    let here = root().join(folder);
    let stamp = here.join("node_modules/.xtask-lock");
    let lock = fs::read(here.join("package-lock.json"))
        .map_err(|e| failure(format!("{folder}/package-lock.json"), e))?;
    let wanted = sha256::hex(&lock);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let arguments = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    Tool::new("npm", &arguments).folder(&here).logged(&format!("npm-ci-{}", folder.replace('/', "-")))?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// `web/dist`, built unless it is already that of these sources.
pub(crate) fn build() -> Result<(), Failure> {
    let stamp = root().join("web/node_modules/.xtask-dist");
    let wanted = digest(&root().join("web"))?;
    let built = root().join("web/dist/index.html").is_file();
    if built && fs::read_to_string(&stamp).is_ok_and(|sources| sources == wanted) {
        return Ok(());
    }
    script("build", &[]).logged("web-build")?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// One of the scripts in `web/package.json`.
pub(crate) fn script(name: &str, arguments: &[&str]) -> Tool {
    let mut all = vec!["run", "--silent", name, "--"];
    all.extend(arguments);
    Tool::new("npm", &all).folder(&root().join("web"))
}

/// Builds the client twice from nothing and compares each byte; prints what it came to.
pub(crate) fn verify() -> Result<(), Failure> {
    packages("web")?;
    let build = |name: &str| {
        let folder = work_folder()?.join(name);
        let out = folder.display().to_string();
        script("build", &["--outDir", &out, "--emptyOutDir"]).logged(name)?;
        Ok::<_, Failure>(folder)
    };
    let (one, two) = (build("client-1")?, build("client-2")?);
    let (first, second) = (files(&one, &[])?, files(&two, &[])?);
    let names = |files: &[PathBuf], under: &Path| -> Vec<PathBuf> {
        files.iter().filter_map(|file| file.strip_prefix(under).ok().map(Path::to_path_buf)).collect()
    };
    let list = names(&first, &one);
    if list != names(&second, &two) {
        return Err(Failure("two builds of the web client have different files".into()));
    }
    for name in &list {
        let (a, b) = (fs::read(one.join(name))?, fs::read(two.join(name))?);
        if a != b {
            return Err(Failure(format!("two builds of the web client differ in {}", name.display())));
        }
        say(format!("{}  {}", sha256::hex(&a), name.display()));
    }
    say(format!("two builds of the web client agree in all {} files", list.len()));
    Ok(())
}

/// One hash over names and contents of all sources in a folder.
fn digest(folder: &Path) -> Result<String, Failure> {
    let mut all = Vec::new();
    for file in files(folder, &MADE)? {
        let bytes = fs::read(&file).map_err(|e| failure(file.display(), e))?;
        all.extend(file.as_os_str().as_encoded_bytes());
        all.extend(sha256::hex(&bytes).into_bytes());
    }
    Ok(sha256::hex(&all))
}

/// All files below a folder, sorted.
fn files(folder: &Path, without: &[&str]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).map_err(|e| failure(next.display(), e))? {
            let entry = entry?;
            let left_out = without.iter().any(|name| entry.file_name() == *name);
            match entry.file_type()? {
                kind if kind.is_dir() && !left_out => folders.push(entry.path()),
                kind if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_changes_with_sources_and_not_with_what_is_made_from_them() {
        let folder = std::env::temp_dir().join(format!("curtain-digest-{}", std::process::id()));
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::create_dir_all(folder.join("dist")).unwrap();
        fs::write(folder.join("src/main.ts"), "one").unwrap();
        let before = digest(&folder).unwrap();
        fs::write(folder.join("dist/main.js"), "built").unwrap();
        let after_build = digest(&folder).unwrap();
        fs::write(folder.join("src/main.ts"), "two").unwrap();
        let after_edit = digest(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(before, after_build);
        assert_ne!(before, after_edit);
    }
}
