//! The page in a real browser.
//!
//! The example `demo_page` of the crate `web` serves made-up days; `crates/web/tests/browser/page.mjs` drives a headless
//! Chromium through them. What the script needs comes from npm into the cache, in the versions that its package.json
//! names; a browser comes from the system's packages.

use crate::files::cache_dir;
use crate::packages::{self, BROWSER, has_program};
use crate::process::{run_foreground, run_successfully};
use crate::{build, packages::PackagesUnavailable};
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
pub(crate) fn run_where_possible() -> Result<()> {
    match test_page() {
        Err(error) if error.is::<PackagesUnavailable>() => {
            println!("The page's test cannot run here: {error}");
            Ok(())
        }
        done => done,
    }
}

/// A headless browser and what drives it.
pub(crate) struct BrowserTools {
    program: PathBuf,
    /// Where the script's packages lie.
    tools: PathBuf,
}

impl BrowserTools {
    /// Finds or installs it.
    ///
    /// # Errors
    /// [`PackagesUnavailable`] where there is none to be had.
    pub(crate) fn find() -> Result<Self> {
        let chromium = CHROMIUM.iter().find(|name| has_program(name)).copied();
        if chromium.is_none() || !has_program("node") || !has_program("npm") {
            packages::ensure_packages(&[BROWSER])?;
        }
        let program = find(chromium.unwrap_or("chromium"))
            .context("the browser was installed, but is not in PATH")?;
        Ok(Self {
            program,
            tools: fetch_tools()?,
        })
    }

    /// A script beside the page's test, with the browser as its first argument.
    pub(crate) fn node_command(&self, script: &str) -> Command {
        let mut node = Command::new("node");
        node.current_dir(&self.tools)
            .arg(browser_sources().join(script))
            .arg(&self.program);
        node
    }
}

/// The test itself.
///
/// # Errors
/// [`PackagesUnavailable`] where there is no browser to be had; another when the page fails.
pub(crate) fn test_page() -> Result<()> {
    let browser = BrowserTools::find()?;
    // With the features of the whole workspace, as the tests were built: its dependencies are built already.
    let programs = build::build_programs(&["--workspace", "--example", "demo_page"])?;
    let made_up = build::find_program(&programs, "demo_page")?;
    let target = made_up.ancestors().nth(3).unwrap_or(Path::new("target"));
    let screenshots = target.join("page");
    let mut node = browser.node_command("page.mjs");
    node.arg(&made_up).arg(&screenshots);
    let passed = run_successfully(&mut node);
    println!("Screenshots: {}", screenshots.display());
    passed.context("the page failed its test in a browser")
}

fn browser_sources() -> PathBuf {
    build::repository_root().join("crates/web/tests/browser")
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut files = std::env::split_paths(&path).map(|dir| dir.join(name));
    files.find(|file| file.is_file())
}

/// A folder in the cache with the script's packages, fetched once for each version of their list.
fn fetch_tools() -> Result<PathBuf> {
    let dir = cache_dir()?.join("page-test");
    fs_err::create_dir_all(&dir)?;
    let done = dir.join("done");
    let wanted = std::fs::read_to_string(browser_sources().join("package.json"))
        .context("reading package.json")?;
    if std::fs::read_to_string(&done).is_ok_and(|had| had == wanted) {
        return Ok(dir);
    }
    println!(
        "Fetching the browser test's packages from npm into {}",
        dir.display()
    );
    for name in ["package.json", "package-lock.json"] {
        fs_err::copy(browser_sources().join(name), dir.join(name))?;
    }
    let mut npm = Command::new("npm");
    npm.current_dir(&dir)
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .arg("--loglevel=error");
    if !run_foreground(&mut npm)?.success() {
        bail!(PackagesUnavailable {
            why: "npm could not fetch the packages".into(),
            advice:
                "npm could not fetch playwright-core and axe-core; its own message stands above."
                    .into(),
        });
    }
    std::fs::write(&done, wanted).context("noting what was fetched")?;
    Ok(dir)
}
