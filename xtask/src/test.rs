//! `cargo xtask test`: set-up, then every check and test, stopping at the first that fails.

use crate::packages::{self, DESKTOP, TESTS, has_program};
use crate::process::{Stop, Stopped, line};
use crate::{build, rules};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many tests ran, over every runner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// Runs everything.
///
/// # Errors
/// The first step that failed, with the command that runs it alone.
pub(crate) fn run(stop: &Stop) -> Result<()> {
    let mut done = Summary::default();
    done.step("set-up", "installing by hand", || {
        packages::ensure(&[DESKTOP, TESTS], stop)
    })?;
    done.cargo("format", &["fmt", "--all", "--check"], &[], stop)?;
    done.step(
        "rules",
        "cargo xtask rules",
        || rules::check(&build::root()),
    )?;
    done.cargo(
        "lints",
        &[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
        &[],
        stop,
    )?;
    if has_program("cargo-nextest") {
        done.cargo(
            "tests",
            &[
                "nextest",
                "run",
                "--locked",
                "--workspace",
                "--no-tests",
                "pass",
            ],
            &[],
            stop,
        )?;
    } else {
        done.cargo(
            "tests",
            &["test", "--locked", "--workspace", "--all-targets"],
            &[],
            stop,
        )?;
    }
    done.cargo(
        "examples in docs",
        &["test", "--locked", "--workspace", "--doc"],
        &[],
        stop,
    )?;
    done.cargo(
        "docs",
        &[
            "doc",
            "--locked",
            "--workspace",
            "--no-deps",
            "--document-private-items",
        ],
        &[(
            "RUSTDOCFLAGS",
            "-D warnings -A rustdoc::private_intra_doc_links",
        )],
        stop,
    )?;
    if has_program("cargo-deny") {
        done.cargo(
            "licences and sources",
            &["deny", "check", "bans", "licenses", "sources"],
            &[],
            stop,
        )?;
    } else {
        done.skip(
            "licences and sources",
            "advisory; cargo-deny is not installed",
        );
    }
    done.print();
    Ok(())
}

#[derive(Debug, Default)]
struct Summary {
    steps: Vec<(String, String)>,
    tally: Tally,
}

impl Summary {
    fn cargo(
        &mut self,
        name: &str,
        args: &[&str],
        env: &[(&str, &str)],
        stop: &Stop,
    ) -> Result<()> {
        let mut command = build::cargo();
        command.args(args).envs(env.iter().copied());
        let mut alone: String = env.iter().map(|(k, v)| format!("{k}='{v}' ")).collect();
        alone.push_str("cargo ");
        alone.push_str(&args.join(" "));
        let mut tally = Tally::default();
        let result = self.step(name, &alone, || tee(&mut command, stop, &mut tally));
        self.tally.passed += tally.passed;
        self.tally.failed += tally.failed;
        self.tally.skipped += tally.skipped;
        if result.is_err() {
            self.print();
        }
        result
    }

    fn step(&mut self, name: &str, alone: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        println!("\n== {name}");
        let start = Instant::now();
        let result = work();
        let time = seconds(start.elapsed());
        match result {
            Ok(()) => {
                self.steps
                    .push((name.to_owned(), format!("ok       {time}")));
                Ok(())
            }
            Err(error) if error.is::<Stopped>() => Err(error),
            Err(error) => {
                self.steps
                    .push((name.to_owned(), format!("FAILED   {time}")));
                Err(error.context(format!(
                    "the step \"{name}\" failed; to run it alone: {alone}"
                )))
            }
        }
    }

    fn skip(&mut self, name: &str, why: &str) {
        self.steps
            .push((name.to_owned(), format!("skipped  ({why})")));
    }

    fn print(&self) {
        println!("\n== summary");
        for (name, outcome) in &self.steps {
            println!("{name:<22} {outcome}");
        }
        let Tally {
            passed,
            failed,
            skipped,
        } = self.tally;
        println!("{passed} passed, {failed} failed, {skipped} skipped");
    }
}

fn seconds(time: Duration) -> String {
    format!("{:>6.1} s", time.as_secs_f64())
}

/// Runs `command`, shows what it writes, and reads the tests' results from it.
fn tee(command: &mut Command, stop: &Stop, tally: &mut Tally) -> Result<()> {
    stop.check()?;
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    // Both streams in one pipe keep their order; libtest reports on stdout, nextest on stderr.
    let (reader, writer) = std::io::pipe().context("making a pipe")?;
    let both = writer.try_clone().context("making a pipe")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(both)
        .spawn()
        .with_context(|| format!("starting {}", line(command)))?;
    // Close our own ends, or the reader below would never see the end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut reader = BufReader::new(reader);
    let mut raw = Vec::new();
    while reader
        .read_until(b'\n', &mut raw)
        .context("reading the step's output")?
        > 0
    {
        let text = String::from_utf8_lossy(&raw);
        print!("{text}");
        if let Some(more) = counted(&without_colour(&text)) {
            tally.passed += more.passed;
            tally.failed += more.failed;
            tally.skipped += more.skipped;
        }
        raw.clear();
    }
    let status = child.wait().context("waiting for the step")?;
    stop.check()?;
    if !status.success() {
        bail!("it ended with {status}");
    }
    Ok(())
}

/// Reads a summary line of libtest (`test result: ok. 3 passed; 0 failed; 1 ignored; …`) or nextest
/// (`Summary [ 0.1s] 4 tests run: 4 passed, 1 skipped`).
fn counted(line: &str) -> Option<Tally> {
    let rest = match line.trim_start() {
        l if l.starts_with("test result:") => l,
        l if l.starts_with("Summary [") => l.split_once("run:")?.1,
        _ => return None,
    };
    let mut tally = Tally::default();
    let words: Vec<&str> = rest
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    for pair in words.windows(2) {
        if let ([number, what], Ok(n)) = (pair, pair[0].parse::<u64>()) {
            let _ = number;
            match *what {
                "passed" => tally.passed += n,
                "failed" => tally.failed += n,
                "ignored" | "skipped" => tally.skipped += n,
                _ => {}
            }
        }
    }
    Some(tally)
}

/// The line without terminal colours (`ESC [ … m`).
fn without_colour(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, r)| r);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runners_are_understood() {
        let libtest = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        let expected = Tally {
            passed: 3,
            failed: 2,
            skipped: 1,
        };
        assert_eq!(counted(libtest), Some(expected));
        let nextest =
            "     Summary [   0.114s] 14 tests run: 13 passed (1 slow), 1 failed, 4 skipped";
        let expected = Tally {
            passed: 13,
            failed: 1,
            skipped: 4,
        };
        assert_eq!(counted(nextest), Some(expected));
        assert_eq!(counted("running 3 tests"), None);
    }

    #[test]
    fn colours_do_not_hide_a_summary() {
        let line = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped";
        let expected = Tally {
            passed: 1,
            failed: 0,
            skipped: 0,
        };
        assert_eq!(counted(&without_colour(line)), Some(expected));
    }
}
