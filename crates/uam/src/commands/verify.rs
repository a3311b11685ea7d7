//! `uam verify`: checks that every uploaded object is there, unchanged. It asks for no code and opens no object.

use super::reading::require_journal;
use crate::cli::VerifyArgs;
use crate::output;
use ::upload::verify::{
    JournalExpectation, VerifiedChain, VerifyOptions, VerifyProgress, VerifyReport, VerifyVerdict,
    verify,
};
use ::upload::{Destination, InspectableSink, Timeouts};
use agent::AppContext;
use anyhow::Context;
use journal::Reader;
use model::{ErrorKind, UserError};
use platform::clock::current_time;
use platform::timezone::current_zone_name;
use settings::{EnvVars, Settings};
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use vault::{DeviceKey, DevicePublicKey, Opener};

/// Findings that people are shown; the report as JSON holds more.
const SHOWN: usize = 50;
/// Between two updates of the line of progress.
const REFRESH: Duration = Duration::from_millis(100);

pub(super) fn run(context: &AppContext, args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let options = parse_options(args)?;
    let destination = chosen_destination(context, args)?;
    // Opening a directory to send to would make it.
    if let Destination::Directory { dir, .. } = &destination
        && !dir.is_dir()
    {
        return Err(UserError::usage(
            format!("there is no directory {}", dir.display()),
            "Give the bucket as s3://bucket/prefix, or a directory that holds a copy of it.",
        )
        .into());
    }
    let sink = upload::open_sink(&destination, Timeouts::default())
        .with_context(|| format!("cannot open {}", destination.describe()))?;
    let reader = match args.place.is_none() || args.journal {
        true => open_own_journal(context, args.journal)?,
        false => None,
    };
    let mut bar = ProgressLine::new();
    let report = verify_sink(context, &sink, reader.as_ref(), &options, &mut |step| {
        bar.show_progress(step);
        ControlFlow::Continue(())
    });
    bar.clear_line();
    let report = report.with_context(|| format!("cannot check {}", destination.describe()))?;
    if report.objects == 0 && reader.is_none() {
        return Err(UserError::new(
            ErrorKind::Failed,
            format!("there are no uploads of uam in {}", destination.describe()),
            "Give the destination as set in S3_BUCKET_NAME and S3_PREFIX, or the directory that holds raw/v1.",
        ).into());
    }
    match args.json {
        true => output::print_line(&serde_json::to_string_pretty(&report)?),
        false => print_report(&report),
    }
    Ok(ExitCode::from(match report.verdict {
        VerifyVerdict::Complete => 0,
        VerifyVerdict::Incomplete => ErrorKind::Incomplete.exit_code(),
        VerifyVerdict::Tampered => ErrorKind::Tampered.exit_code(),
    }))
}

/// Checks a sink, against the journal here where there is one. `progress` may break it off.
fn verify_sink(
    context: &AppContext,
    sink: &dyn InspectableSink,
    reader: Option<&Reader>,
    options: &VerifyOptions,
    progress: &mut dyn FnMut(VerifyProgress) -> ControlFlow<()>,
) -> anyhow::Result<VerifyReport> {
    let key = DeviceKey::load(&context.paths.vault_dir())?.map(|key| key.public());
    let expected = reader.map(|reader| JournalExpectation { reader, key });
    Ok(verify(
        sink,
        options,
        expected.as_ref(),
        current_time(),
        progress,
    )?)
}

/// Checks the place where this computer sends to against its own journal, for the page.
pub(super) fn verify_own_uploads(
    context: &AppContext,
    quick: bool,
    progress: &mut dyn FnMut(VerifyProgress) -> ControlFlow<()>,
) -> anyhow::Result<VerifyReport> {
    let (config, environment) = (
        Settings::load(&context.paths)?,
        EnvVars::load(&context.paths)?,
    );
    let destination = settings::resolve_destination(&config, &environment, &context.paths)?;
    if let Destination::Directory { dir, .. } = &destination
        && !dir.is_dir()
    {
        anyhow::bail!("nothing was uploaded to {} yet", dir.display());
    }
    let sink = upload::open_sink(&destination, Timeouts::default())
        .with_context(|| format!("cannot open {}", destination.describe()))?;
    let reader = open_own_journal(context, true)?;
    let options = VerifyOptions {
        quick,
        ..VerifyOptions::default()
    };
    verify_sink(context, &sink, reader.as_ref(), &options, progress)
        .with_context(|| format!("cannot check {}", destination.describe()))
}

/// The answer in a sentence.
pub(super) fn verdict_sentence(report: &VerifyReport) -> &'static str {
    match report.verdict {
        VerifyVerdict::Complete if report.contents_read => {
            "COMPLETE: every listed object is there, unchanged."
        }
        VerifyVerdict::Complete => {
            "COMPLETE by names and sizes; contents were not read (leave out --quick for that)."
        }
        VerifyVerdict::Incomplete => {
            "INCOMPLETE: something is missing or could not be read; the rest is unchanged."
        }
        VerifyVerdict::Tampered => {
            "TAMPERED: something there was changed, or does not come from this device."
        }
    }
}

fn parse_options(args: &VerifyArgs) -> anyhow::Result<VerifyOptions> {
    let keys = args
        .key
        .iter()
        .map(|text| {
            text.parse::<DevicePublicKey>().map_err(|e| {
                anyhow::Error::from(UserError::usage(
                    format!("--key {}: {e}", model::to_printable(text, 80)),
                    "Ask the owner of the device for it: `uam keys` prints it there.",
                ))
            })
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(VerifyOptions {
        keys,
        quick: args.quick,
        since: args.since.as_deref().map(read_earlier_report).transpose()?,
    })
}

fn read_earlier_report(file: &Path) -> anyhow::Result<VerifyReport> {
    let hint = "Give the output of an earlier `uam verify --json`.";
    let text = std::fs::read_to_string(file)
        .map_err(|e| UserError::usage(format!("cannot read {}: {e}", file.display()), hint))?;
    serde_json::from_str(&text).map_err(|e| {
        UserError::usage(
            format!("{} is not such a report: {e}", file.display()),
            hint,
        )
        .into()
    })
}

/// The place named, or the one where this computer sends to.
fn chosen_destination(context: &AppContext, args: &VerifyArgs) -> anyhow::Result<Destination> {
    let environment = EnvVars::load(&context.paths)?;
    let Some(place) = &args.place else {
        return settings::resolve_destination(
            &Settings::load(&context.paths)?,
            &environment,
            &context.paths,
        );
    };
    let url = match place.contains("://") {
        true => place.clone(),
        false => std::path::absolute(PathBuf::from(place))
            .with_context(|| format!("cannot find {place}"))?
            .display()
            .to_string(),
    };
    let get = |name: &str| environment.values.get(name).cloned();
    Destination::resolve(Some(&url), &get, &context.paths.local_sink_dir())
        .map_err(|e| UserError::usage(format!("{}: {}", e.place, e.what), e.hint).into())
}

/// The journal here, which lists the uploaded objects. It stays sealed: only names are needed.
fn open_own_journal(context: &AppContext, must: bool) -> anyhow::Result<Option<Reader>> {
    if !must && !context.paths.has_journal() {
        return Ok(None);
    }
    require_journal(context)?;
    Ok(Some(Reader::open(
        &context.paths.journal_dir(),
        Opener::locked(),
    )?))
}

/// One line that is written over, where somebody is looking.
struct ProgressLine {
    terminal: bool,
    shown: Option<Instant>,
}

impl ProgressLine {
    fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            shown: None,
        }
    }

    fn show_progress(&mut self, step: VerifyProgress) {
        if !self.terminal || self.shown.is_some_and(|at| at.elapsed() < REFRESH) {
            return;
        }
        self.shown = Some(Instant::now());
        output::print_error_text(&format!("\r{}\x1b[K", format_progress(step)));
    }

    fn clear_line(&self) {
        if self.shown.is_some() {
            output::print_error_text("\r\x1b[K");
        }
    }
}

fn format_progress(step: VerifyProgress) -> String {
    const WIDTH: u64 = 24;
    match step {
        VerifyProgress::Listed(names) => format!("Listing: {names} objects"),
        VerifyProgress::Followed {
            manifests,
            of,
            objects,
        } => {
            let done = manifests * WIDTH / of.max(1);
            let bar: String = (0..WIDTH)
                .map(|n| if n < done { '#' } else { '.' })
                .collect();
            format!("Checking: [{bar}] {manifests} of {of} manifests, {objects} objects read")
        }
    }
}

fn print_report(report: &VerifyReport) {
    let zone = current_zone_name();
    output::print_line(&format!(
        "{}: {} in {}",
        report.place,
        report::format::format_bytes(report.bytes),
        report::format::format_count(report.objects, "object", "objects")
    ));
    for chain in &report.chains {
        for line in describe_chain(chain, &zone) {
            output::print_line(&line);
        }
    }
    for finding in report.findings.iter().take(SHOWN) {
        let word = match finding.fault.verdict() {
            VerifyVerdict::Tampered => "WRONG",
            _ => "MISSING",
        };
        output::print_line(&format!("{word}: {}\n    {}", finding.key, finding.text));
    }
    let more = report.found - report.findings.len().min(SHOWN) as u64;
    if more > 0 {
        output::print_line(&format!(
            "… and {more} more; --json names the first {} of them",
            ::upload::verify::MAX_FINDINGS
        ));
    }
    output::print_line(verdict_sentence(report));
}

pub(super) fn describe_chain(chain: &VerifiedChain, zone: &str) -> Vec<String> {
    let count = report::format::format_count;
    let mut lines = vec![match &chain.head {
        Some(head) => format!(
            "Device {}, journal {}: {}, the newest (no. {}) of {}",
            chain.device,
            chain.epoch,
            count(chain.manifests, "manifest", "manifests"),
            head.no,
            report::format::format_date_time(head.at, zone)
        ),
        None => format!(
            "Device {}, journal {}: no manifest",
            chain.device, chain.epoch
        ),
    }];
    if chain.head.is_some() {
        lines.push(format!(
            "  records up to {}, in {} ({})",
            chain.through,
            count(chain.objects, "listed object", "listed objects"),
            report::format::format_bytes(chain.bytes)
        ));
    }
    if let (Some(key), Some(name)) = (&chain.key, &chain.fingerprint) {
        lines.push(format!("  signed by {name} (--key {key})"));
    }
    let mut remark = |n: u64, text: String| {
        if n > 0 {
            lines.push(format!("  {text}"));
        }
    };
    remark(
        chain.erased_records,
        format!(
            "{} erased by their owner before the upload",
            count(chain.erased_records, "record was", "records were")
        ),
    );
    remark(
        chain.lost_records,
        format!(
            "{} lost on the device, when its journal was damaged",
            count(chain.lost_records, "record was", "records were")
        ),
    );
    remark(
        chain.erased_objects,
        format!(
            "{} deleted by their owner, {} of them still there",
            count(chain.erased_objects, "object was", "objects were"),
            chain.erased_but_there
        ),
    );
    remark(
        chain.not_yet_listed,
        format!(
            "{} newer than the newest manifest; the next one lists them",
            count(chain.not_yet_listed, "object is", "objects are")
        ),
    );
    remark(
        chain.waiting,
        format!(
            "{} still waited on the device when the newest manifest was made",
            count(chain.waiting, "record", "records")
        ),
    );
    remark(
        u64::from(chain.compared_with_journal),
        "compared with the journal of this computer".to_owned(),
    );
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_bar_once_the_names_are_known() {
        assert_eq!(
            format_progress(VerifyProgress::Listed(7)),
            "Listing: 7 objects"
        );
        let half = format_progress(VerifyProgress::Followed {
            manifests: 5,
            of: 10,
            objects: 40,
        });
        assert_eq!(
            half,
            "Checking: [############............] 5 of 10 manifests, 40 objects read"
        );
    }
}
