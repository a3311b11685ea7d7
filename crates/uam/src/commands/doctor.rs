//! `uam doctor`: the sensors that work here, the places of files, and faults.

use crate::output;
use agent::AppContext;
use anyhow::Context;
use indicator::Availability;
use model::SensorCapability;
use platform::clock::SystemClock;
use platform::instance_lock::InstanceLock;
use sense::Desktop;
use serde::Serialize;
use settings::{EnvVars, Settings};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use upload::{Destination, Timeouts};

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
            true => "what is sent is sealed: only your keys open it",
            false => {
                "what is sent is READABLE for whoever can read that place (upload.seal = false)"
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

fn print_report(f: &DoctorReport) {
    output::print_line(&format!("uam {}", f.version));
    output::print_line("\nSensors");
    for c in &f.sensors {
        output::print_line(&format!(
            "  {:<9}{}",
            c.concern,
            agent::describe_support(&c.support)
        ));
    }
    output::print_line("\nShown");
    for line in agent::describe_availability(&f.shown) {
        output::print_line(&line);
    }
    output::print_line("\nTried");
    for note in &f.tried {
        output::print_line(&format!("  {note}"));
    }
    output::print_line("\nPlaces");
    output::print_line(&format!("  settings  {}", f.settings));
    output::print_line(&format!("  data      {}", f.data));
    output::print_line(&format!(
        "  sent to   {}",
        f.destination.as_deref().unwrap_or("(see below)")
    ));
    if let Some(with) = &f.signed_with {
        output::print_line(&format!("  with      {with}"));
    }
    for remark in &f.remarks {
        output::print_line(&format!("            {remark}"));
    }
    output::print_line("\nState");
    match f.running {
        Some(0) => output::print_line("  running"),
        Some(pid) => output::print_line(&format!("  running (process {pid})")),
        None => output::print_line("  not running"),
    }
    output::print_line(if f.enrolled {
        "  second factor set up"
    } else {
        "  second factor not set up yet (the first `uam` does it)"
    });
    output::print_line(&format!("  {}", f.sealing));
    output::print_line("\nKeys");
    for line in &f.keys {
        output::print_line(&format!("  {line}"));
    }
    if f.problems.is_empty() {
        output::print_line("\nNothing is wrong.");
    } else {
        output::print_line("\nProblems");
        for p in &f.problems {
            output::print_line(&format!("  {}", p.replace('\n', "\n  ")));
        }
    }
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
