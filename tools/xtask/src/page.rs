//! The page in a real browser.
//!
//! The example `demo_page` of the crate `web` serves made-up days; `crates/web/tests/browser/page.mjs` drives a headless
//! Chromium through them. What the script needs comes from npm into the cache, in the versions that its package.json
//! names; a browser comes from the system's packages.

use crate::packages::{self, BROWSER, has_program};
use crate::process::{Stop, foreground};
use crate::{build, packages::Unavailable};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names of a Chromium, best first.
const CHROMIUM: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Runs the test; says "cannot here" where there is no browser to be had.
///
/// # Errors
/// When the page fails the test.
pub(crate) fn run(stop: &Stop) -> Result<()> {
    match tried(stop) {
        Err(error) if error.is::<Unavailable>() => {
            println!("The page's test cannot run here: {error}");
            Ok(())
        }
        done => done,
    }
}

/// A headless browser and what drives it.
pub(crate) struct Browser {
    program: PathBuf,
    /// Where the script's packages lie.
    tools: PathBuf,
}

impl Browser {
    /// Finds or installs it.
    ///
    /// # Errors
    /// [`Unavailable`] where there is none to be had.
    pub(crate) fn find(stop: &Stop) -> Result<Self> {
        let chromium = CHROMIUM.iter().find(|name| has_program(name)).copied();
        if chromium.is_none() || !has_program("node") || !has_program("npm") {
            packages::ensure(&[BROWSER], stop)?;
        }
        let program = find(chromium.unwrap_or("chromium"))
            .context("the browser was installed, but is not in PATH")?;
        Ok(Self {
            program,
            tools: tools(stop)?,
        })
    }

    /// A script beside the page's test, with the browser as its first argument.
    pub(crate) fn node(&self, script: &str) -> Command {
        let mut node = Command::new("node");
        node.current_dir(&self.tools)
            .arg(sources().join(script))
            .arg(&self.program);
        node
    }
}

/// The test itself.
///
/// # Errors
/// [`Unavailable`] where there is no browser to be had; another when the page fails.
pub(crate) fn tried(stop: &Stop) -> Result<()> {
    drive(&Browser::find(stop)?, stop)
}

/// Drives the page.
fn drive(browser: &Browser, stop: &Stop) -> Result<()> {
    // With the features of the whole, as the tests were built: what it needs is there already.
    let programs = build::programs(&["--workspace", "--example", "demo_page"], stop)?;
    let made_up = build::the(&programs, "demo_page")?;
    let pictures = made_up
        .ancestors()
        .nth(3)
        .unwrap_or(Path::new("target"))
        .join("page");
    let mut node = browser.node("page.mjs");
    node.arg(made_up).arg(&pictures);
    let status = foreground(&mut node, stop)?;
    println!("Screenshots: {}", pictures.display());
    if !status.success() {
        bail!("the page failed its test in a browser");
    }
    Ok(())
}

fn sources() -> PathBuf {
    build::root().join("crates/web/tests/browser")
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}

/// Where what was made or fetched once is kept.
pub(crate) fn cache() -> Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .context("neither HOME nor XDG_CACHE_HOME is set")?;
    Ok(cache.join("uam"))
}

/// A folder in the cache with the script's packages, fetched once for each version of their list.
fn tools(stop: &Stop) -> Result<PathBuf> {
    let dir = cache()?.join("page-test");
    std::fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
    let done = dir.join("done");
    let wanted =
        std::fs::read_to_string(sources().join("package.json")).context("reading package.json")?;
    if std::fs::read_to_string(&done).is_ok_and(|had| had == wanted) {
        return Ok(dir);
    }
    println!(
        "Fetching the browser test's packages from npm into {}",
        dir.display()
    );
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(sources().join(name), dir.join(name))
            .with_context(|| format!("copying {name}"))?;
    }
    let mut npm = Command::new("npm");
    npm.current_dir(&dir).args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--loglevel=error",
    ]);
    if !foreground(&mut npm, stop)?.success() {
        bail!(Unavailable {
            why: "npm could not fetch the packages".into(),
            told: "npm could not fetch playwright-core and axe-core; its own message stands above."
                .into(),
        });
    }
    std::fs::write(&done, wanted).context("noting what was fetched")?;
    Ok(dir)
}
