//! What a chore of many steps did: each step's outcome and time, and how many tests ran.

use crate::build;
use crate::packages::PackagesUnavailable;
use crate::process::{Interrupted, check_stop, command_line};
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Command, Stdio};
use std::time::Instant;

/// How many tests ran, over every runner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct TestTally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// The steps so far.
#[derive(Debug, Default)]
pub(crate) struct TestSummary {
    steps: Vec<(String, String)>,
    /// Each step that failed, with the command that runs it alone.
    failed: Vec<String>,
    tally: TestTally,
}

impl TestSummary {
    /// Runs a chore's steps, each whether or not another one failed, and prints what they did, unless the person stopped
    /// them.
    ///
    /// # Errors
    /// The steps that failed, with the commands that run them alone; [`Interrupted`] on Ctrl-C.
    pub(crate) fn run_whole(steps: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let mut summary = Self::default();
        steps(&mut summary)?;
        summary.print();
        let failed = summary.failed;
        ensure!(
            failed.is_empty(),
            "{} steps failed; to run one alone:\n  {}",
            failed.len(),
            failed.join("\n  ")
        );
        Ok(())
    }

    /// A step of the ordinary cargo, counting the tests it runs; no argument holds a space.
    ///
    /// # Errors
    /// [`Interrupted`] on Ctrl-C.
    pub(crate) fn run_cargo(&mut self, name: &str, args: &str, env: &[(&str, &str)]) -> Result<()> {
        let mut command = build::cargo_command();
        command.args(args.split(' ')).envs(env.iter().copied());
        let alone: String = env.iter().map(|(k, v)| format!("{k}='{v}' ")).collect();
        self.run_command(name, &format!("{alone}cargo {args}"), &mut command)
    }

    /// A step of any command, counting the tests it runs; a person types `alone` to run it alone.
    ///
    /// # Errors
    /// [`Interrupted`] on Ctrl-C.
    pub(crate) fn run_command(
        &mut self,
        name: &str,
        alone: &str,
        command: &mut Command,
    ) -> Result<()> {
        let mut tally = self.tally;
        self.run_step(name, alone, || run_with_counts(command, &mut tally))?;
        self.tally = tally;
        Ok(())
    }

    /// A step that gives something to the steps after it, or nothing when it fails; a person types `alone` to run it alone.
    ///
    /// # Errors
    /// [`Interrupted`] on Ctrl-C.
    pub(crate) fn run_step<T>(
        &mut self,
        name: &str,
        alone: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<Option<T>> {
        println!("\n== {name}");
        let start = Instant::now();
        let result = work();
        let seconds = start.elapsed().as_secs_f64();
        let error = match result {
            Ok(value) => {
                self.note(name, format!("ok       {seconds:>6.1} s"));
                return Ok(Some(value));
            }
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => error,
        };
        println!("The step \"{name}\" failed: {error:#}");
        self.note(name, format!("FAILED   {seconds:>6.1} s"));
        self.failed.push(format!("{name}: {alone}"));
        Ok(None)
    }

    /// As [`TestSummary::run_step`], but where this system cannot have what the step needs, it is skipped, with the reason, and
    /// gives nothing.
    ///
    /// # Errors
    /// As for [`TestSummary::run_step`].
    pub(crate) fn step_where_possible<T>(
        &mut self,
        name: &str,
        alone: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<Option<T>> {
        let mut unavailable = None;
        let given = self.run_step(name, alone, || {
            work().map(Some).or_else(|error| {
                unavailable = Some(error.downcast::<PackagesUnavailable>()?);
                Ok(None)
            })
        })?;
        if let Some(PackagesUnavailable { why, advice }) = unavailable {
            println!("{advice}");
            // Not done, so not to be read as done.
            self.steps.pop();
            self.skip_step(name, &why);
        }
        Ok(given.flatten())
    }

    /// Notes a step that was not taken, and why.
    pub(crate) fn skip_step(&mut self, name: &str, why: &str) {
        self.note(name, format!("skipped  ({why})"));
    }

    fn note(&mut self, name: &str, outcome: String) {
        self.steps.push((name.to_owned(), outcome));
    }

    fn print(&self) {
        println!("\n== summary");
        for (name, outcome) in &self.steps {
            println!("{name:<22} {outcome}");
        }
        let TestTally {
            passed,
            failed,
            skipped,
        } = self.tally;
        println!("{passed} passed, {failed} failed, {skipped} skipped");
    }
}

/// Runs `command`, shows its output, and reads the tests' results from it.
fn run_with_counts(command: &mut Command, tally: &mut TestTally) -> Result<()> {
    check_stop()?;
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
        .with_context(|| format!("starting {}", command_line(command)))?;
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
        if let Some(more) = read_counts(&without_colour(&text)) {
            tally.passed += more.passed;
            tally.failed += more.failed;
            tally.skipped += more.skipped;
        }
        raw.clear();
    }
    let status = child.wait().context("waiting for the step")?;
    check_stop()?;
    if !status.success() {
        bail!("it ended with {status}");
    }
    Ok(())
}

/// Reads a summary line of libtest (`test result: ok. 3 passed; 0 failed; 1 ignored; …`) or nextest
/// (`TestSummary [ 0.1s] 4 tests run: 4 passed, 1 skipped`).
fn read_counts(line: &str) -> Option<TestTally> {
    let rest = match line.trim_start() {
        l if l.starts_with("test result:") => l,
        l if l.starts_with("Summary [") => l.split_once("run:")?.1,
        _ => return None,
    };
    let mut tally = TestTally::default();
    let mut words = rest
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let Ok(number) = word.parse::<u64>() else {
            continue;
        };
        match words.next() {
            Some("passed") => tally.passed += number,
            Some("failed") => tally.failed += number,
            Some("ignored" | "skipped") => tally.skipped += number,
            _ => {}
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
        let expected = TestTally {
            passed: 3,
            failed: 2,
            skipped: 1,
        };
        assert_eq!(read_counts(libtest), Some(expected));
        let nextest =
            "     Summary [   0.114s] 14 tests run: 13 passed (1 slow), 1 failed, 4 skipped";
        let expected = TestTally {
            passed: 13,
            failed: 1,
            skipped: 4,
        };
        assert_eq!(read_counts(nextest), Some(expected));
        assert_eq!(read_counts("running 3 tests"), None);
    }

    #[test]
    fn what_a_system_cannot_have_is_skipped_with_the_reason_and_not_passed() {
        let mut summary = TestSummary::default();
        let nothing = summary.step_where_possible("windows", "by hand", || -> Result<()> {
            bail!(PackagesUnavailable {
                why: "no apt-get here".into(),
                advice: "Please install it.".into(),
            })
        });
        assert!(matches!(nothing, Ok(None)));
        let broken = summary.step_where_possible("prefix", "by hand", || -> Result<()> {
            bail!("no space left")
        });
        assert!(matches!(broken, Ok(None)));
        assert_eq!(summary.failed, ["prefix: by hand"]);
        let [windows, prefix] = summary.steps.try_into().unwrap_or_default();
        assert_eq!(windows.1, "skipped  (no apt-get here)");
        assert!(prefix.1.starts_with("FAILED"), "{prefix:?}");
    }

    #[test]
    fn a_failed_step_does_not_end_the_others_and_is_told_at_the_end() {
        let mut taken = Vec::new();
        let whole = TestSummary::run_whole(|done| {
            for (name, good) in [("one", false), ("two", true), ("three", false)] {
                let given = done.run_step(name, &format!("do {name}"), || {
                    taken.push(name);
                    ensure!(good, "broken");
                    Ok(7)
                })?;
                assert_eq!(given, good.then_some(7));
            }
            Ok(())
        });
        assert_eq!(taken, ["one", "two", "three"]);
        let said = whole.map_err(|error| error.to_string());
        let wanted = "2 steps failed; to run one alone:\n  one: do one\n  three: do three";
        assert_eq!(said, Err(wanted.to_owned()));
    }

    #[test]
    fn a_stop_ends_all_steps() {
        let whole = TestSummary::run_whole(|done| {
            done.run_step("one", "do one", || -> Result<()> { bail!(Interrupted) })?;
            unreachable!("the step after it was taken")
        });
        assert!(whole.is_err_and(|error| error.is::<Interrupted>()));
    }

    #[test]
    fn colours_do_not_hide_a_summary() {
        let line = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped";
        let expected = TestTally {
            passed: 1,
            failed: 0,
            skipped: 0,
        };
        assert_eq!(read_counts(&without_colour(line)), Some(expected));
    }
}
