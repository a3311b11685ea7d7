//! `uam doctor`: the sensors that work here, the places of files, and faults.

use crate::output;
use agent::AppContext;
use anyhow::Context;
use indicator::Availability;
use model::{SensorCapability, SensorKind, SensorSupport};
use platform::clock::SystemClock;
use platform::instance_lock::InstanceLock;
use sense::Desktop;
use serde::Serialize;
use settings::{EnvVars, Settings};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use upload::{Destination, Timeouts};

/// Columns of the sensors' labels.
const SENSOR_LABEL: usize = 9;

/// Everything the doctor found.
#[derive(Serialize)]
struct DoctorReport {
    version: &'static str,
    sensors: Vec<SensorCapability>,
    /// Icon and notifications that the desktop shows, or would show.
    shown: Availability,
    tried: Vec<String>,
    settings: String,
    data: String,
    destination: Option<String>,
    /// The key that signs uploads.
    signed_with: Option<String>,
    remarks: Vec<String>,
    running: Option<u32>,
    enrolled: bool,
    /// The slots that open the vault, and the readers.
    keys: Vec<String>,
    /// Whether uploads are sealed.
    sealing: &'static str,
    problems: Vec<String>,
}

pub(super) fn run(context: &AppContext, json: bool) -> anyhow::Result<ExitCode> {
    let mut problems = Vec::new();
    let mut problem = |e: anyhow::Error| problems.push(format!("{e:#}"));
    let config = Settings::load(&context.paths).unwrap_or_else(|e| {
        problem(e);
        Settings::default()
    });
    let destination = EnvVars::load(&context.paths)
        .and_then(|env| settings::resolve_destination(&config, &env, &context.paths));
    let destination = destination.map_err(&mut problem).ok();
    if let Some(Err(e)) = destination.as_ref().map(check_bucket_access) {
        problem(e);
    }
    let desktop = Desktop::open(&agent::desktop_options(&config), Arc::new(SystemClock));
    let vault = match vault::Vault::open(&context.paths.vault_dir()) {
        Ok(vault) => Some(vault),
        Err(vault::VaultError::Missing { .. }) => None,
        Err(e) => {
            problem(e.into());
            None
        }
    };
    let enrolled = vault.as_ref().is_some_and(vault::Vault::is_enrolled);
    let keys = super::keys::summarise_keys(vault.as_ref());
    let running = match context
        .paths
        .instance_lock_file()
        .exists()
        .then(|| InstanceLock::acquire(&context.paths.instance_lock_file()))
    {
        Some(Ok(Err(holder))) => Some(holder.pid.unwrap_or_default()),
        _ => None,
    };
    let findings = DoctorReport {
        version: env!("CARGO_PKG_VERSION"),
        sensors: desktop.capabilities().to_vec(),
        shown: indicator::probe_desktop(&agent::indicator_options(
            settings::VisibilityPolicy::from(&config.indicator),
        )),
        tried: desktop.notes().iter().map(ToString::to_string).collect(),
        settings: context.paths.config_file().display().to_string(),
        data: context.paths.data.display().to_string(),
        remarks: destination
            .as_ref()
            .map(Destination::remarks)
            .unwrap_or_default(),
        signed_with: destination
            .as_ref()
            .and_then(Destination::describe_credentials),
        destination: destination.map(|d| d.describe()),
        running,
        enrolled,
        keys,
        sealing: match config.upload.is_sealed() {
            true => "uploads are sealed: only your keys open them",
            false => {
                "uploads are READABLE for anyone who can read that storage (upload.seal = false)"
            }
        },
        problems,
    };
    if json {
        output::print_text(&report::to_json(&findings).context("cannot print the findings")?);
    } else {
        print_report(&findings);
    }
    Ok(if findings.problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Asks a bucket whether it lists its objects to anyone. No answer is no problem: that is the upload's to tell.
fn check_bucket_access(destination: &Destination) -> anyhow::Result<()> {
    if !matches!(destination, Destination::S3(_)) {
        return Ok(());
    }
    let short = Timeouts {
        connect: Duration::from_secs(3),
        answer: Duration::from_secs(5),
        total: Duration::from_secs(8),
    };
    let told = |e: upload::SinkError| anyhow::anyhow!("{e}. {}", e.hint());
    upload::open_sink(destination, short)
        .map_err(told)?
        .reject_public_bucket()
        .map_err(told)
}

fn print_report(found: &DoctorReport) {
    let sensors = found.sensors.iter().flat_map(|sensor| {
        agent::describe_support(&sensor.concern.to_string(), SENSOR_LABEL, &sensor.support)
    });
    let running = match found.running {
        None => "  not running".to_owned(),
        Some(0) => "  running".to_owned(),
        Some(pid) => format!("  running (process {pid})"),
    };
    let enrolled = match found.enrolled {
        true => "  second factor set up",
        false => "  second factor not set up yet; the first start does it",
    };
    output::print_line(&format!("uam {}", found.version));
    print_section("Sensors", sensors);
    print_section(
        "Visible on the desktop",
        agent::describe_availability(&found.shown),
    );
    print_section(
        "Probe log",
        found.tried.iter().map(|note| format!("  {note}")),
    );
    print_section("Files and destination", describe_files(found));
    print_section(
        "State",
        [running, enrolled.to_owned(), format!("  {}", found.sealing)],
    );
    print_section("Keys", found.keys.iter().map(|line| format!("  {line}")));
    if found.problems.is_empty() {
        let is_missing = |sensor: &SensorCapability| {
            sensor.concern != SensorKind::Power
                && matches!(sensor.support, SensorSupport::Unsupported(_))
        };
        output::print_line(match found.sensors.iter().any(is_missing) {
            true => "\nNo other problems found.",
            false => "\nNo problems found.",
        });
    } else {
        let indent = |problem: &String| format!("  {}", problem.replace('\n', "\n  "));
        print_section("Problems", found.problems.iter().map(indent));
    }
}

fn print_section(title: &str, lines: impl IntoIterator<Item = String>) {
    output::print_line(&format!("\n{title}"));
    for line in lines {
        output::print_line(&line);
    }
}

fn describe_files(found: &DoctorReport) -> Vec<String> {
    let destination = found.destination.as_deref();
    let mut rows = vec![
        ("settings", found.settings.as_str()),
        ("data", &found.data),
        (
            "destination",
            destination.unwrap_or("unknown (see Problems)"),
        ),
    ];
    if let Some(key) = &found.signed_with {
        rows.push(("credentials", key));
    }
    rows.extend(found.remarks.iter().map(|remark| ("", remark.as_str())));
    rows.into_iter()
        .map(|(label, text)| format!("  {label:<13}{text}"))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use model::{SensorKind, SensorSupport, Unsupported};

    #[test]
    fn the_report_keeps_its_json() {
        let by = |name: &str| SensorSupport::By(name.to_owned());
        let without = |reason: &str, remedy: &str| {
            SensorSupport::Unsupported(Unsupported::new(reason, remedy))
        };
        let lines = |line: &str| vec![line.to_owned()];
        let full = DoctorReport {
            version: "0.1.0",
            sensors: vec![
                SensorCapability {
                    concern: SensorKind::Window,
                    support: by("X11 property events"),
                },
                SensorCapability {
                    concern: SensorKind::Power,
                    support: without("no battery", "Nothing to do."),
                },
            ],
            shown: Availability {
                tray: by("StatusNotifierItem"),
                notifications: without("no bus", ""),
            },
            tried: lines("X11: here"),
            settings: "/home/ada/.config/uam/config.toml".to_owned(),
            data: "/home/ada/.local/share/uam".to_owned(),
            destination: Some("s3://team/uam at Amazon S3, region eu-west-3".to_owned()),
            signed_with: Some("the key in the environment or .env".to_owned()),
            remarks: lines("It is sent through the proxy http://proxy:3128."),
            running: Some(4711),
            enrolled: true,
            keys: lines("1  passphrase"),
            sealing: "what is sent is sealed: only your keys open it",
            problems: lines("config.toml: line 3"),
        };
        let json = report::to_json(&full).unwrap();
        assert_eq!(json, include_str!("../../tests/json/doctor.json"));
    }
}
