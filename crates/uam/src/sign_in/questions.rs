//! The questions at the start, each with its default and its flag; the answers are remembered.

use crate::cli::RunArgs;
use anyhow::Context;
use console::{Prompt, PromptError};
use settings::{AppPaths, Settings};

/// Asks every question that no flag answers, and stores the answers in the settings. At the end of the input the
/// remembered answers apply.
pub(super) fn ask_questions(
    args: &RunArgs,
    paths: &AppPaths,
    config: Settings,
) -> anyhow::Result<Settings> {
    let mut shots = config.shots.clone();
    let asked = !args.yes;
    let mut ask = Prompt::on_stdio();
    shots.capture = match args.screenshots_answer() {
        Some(answer) => answer,
        None if asked => answer_or_remembered(
            ask.ask_yes_no("Take screenshots of the active window?", shots.capture),
            shots.capture,
        )?,
        None => shots.capture,
    };
    if shots.capture {
        shots.blur = match args.blur_answer() {
            Some(answer) => answer,
            None if asked => answer_or_remembered(
                ask.ask_yes_no("Blur them, so that nothing can be read?", shots.blur),
                shots.blur,
            )?,
            None => shots.blur,
        };
        let minutes = shots.every_seconds.div_ceil(60);
        shots.every_seconds = match args.every {
            Some(every) => every.as_secs(),
            None if asked => match answer_or_remembered(
                ask.ask_number("One screenshot every how many minutes?", 1..=1440, minutes),
                minutes,
            )? {
                answer if answer == minutes => shots.every_seconds,
                answer => answer * 60,
            },
            None => shots.every_seconds,
        };
    } else {
        shots.blur = args.blur_answer().unwrap_or(shots.blur);
        shots.every_seconds = args.every.map_or(shots.every_seconds, |e| e.as_secs());
    }
    let seal = match (args.seal_answer(), config.upload.seal) {
        (Some(answer), _) => Some(answer),
        // Asked once in the life of an installation.
        (None, None) if asked => Some(answer_or_remembered(
            ask.ask_yes_no(
                "Seal uploads, so that only your keys open them? (No: anyone who can read the bucket can read them.)",
                true,
            ),
            true,
        )?),
        (None, known) => known,
    };
    let mut changes: Vec<(&str, toml_edit::Value)> = Vec::new();
    if shots != config.shots {
        let every = i64::try_from(shots.every_seconds).unwrap_or(i64::MAX);
        changes.push(("shots.capture", shots.capture.into()));
        changes.push(("shots.blur", shots.blur.into()));
        changes.push(("shots.every_seconds", every.into()));
    }
    if let Some(seal) = seal.filter(|_| seal != config.upload.seal) {
        changes.push(("upload.seal", seal.into()));
    }
    if changes.is_empty() {
        return Ok(config);
    }
    settings::set_values(paths, &changes).context("cannot remember the answers")
}

/// The answer; at the end of the input the remembered one.
fn answer_or_remembered<T>(answer: Result<T, PromptError>, remembered: T) -> anyhow::Result<T> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(PromptError::Ended(_)) => Ok(remembered),
        Err(e) => Err(e).context("the questions at the start were not answered"),
    }
}
