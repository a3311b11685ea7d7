//! `cargo xtask try`: the main job, on the desktop at hand or on a virtual one.

use crate::build;
use crate::cli::TryArgs;
use crate::files::list_files;
use crate::packages::{self, DESKTOP};
use crate::process::{Interrupted, output_of, run_foreground};
use crate::user::s3_process::{self, S3Process};
use crate::user::simulated_user::{InputTotals, SimulatedUser};
use crate::user::uam_process::{self, UamProcess, UamSetup};
use crate::user::virtual_screen::{VirtualScreen, own_display};
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Runs the chore.
///
/// # Errors
/// When something is missing or fails, in words.
pub(crate) fn run_try(options: &TryArgs) -> Result<()> {
    match own_display() {
        Some(display) if !options.virtual_desktop => on_own_desktop(&display, options),
        own => {
            if own.is_none() {
                println!(
                    "There is no desktop here (no X server answers), so this runs on a virtual one: real windows, \
                     real input, nobody watching."
                );
            }
            let dir = build::repository_root()
                .join("target/try")
                .join(time_stamp());
            let result = on_virtual_desktop(&dir, options);
            if result.is_err() && uam_process::holds_data(&dir) {
                println!("What was recorded so far lies in {}", dir.display());
            }
            result
        }
    }
}

fn on_own_desktop(display: &str, options: &TryArgs) -> Result<()> {
    println!(
        "This runs uam on your desktop ({display}), as `cargo run --release` does. Ctrl-C ends it."
    );
    let uam = build::find_or_build_uam(options.uam.as_deref())?;
    let mut command = std::process::Command::new(&uam);
    if options.yes {
        command.arg("--yes");
    }
    let status = match run_foreground(&mut command) {
        // Ctrl-C is how a recording ends; uam has had it, too, and has said so itself.
        Err(error) if error.is::<Interrupted>() => return Ok(()),
        other => other?,
    };
    if !status.success() {
        bail!("uam ended with {status}");
    }
    Ok(())
}

fn on_virtual_desktop(dir: &Path, options: &TryArgs) -> Result<()> {
    packages::ensure_packages(&[DESKTOP])?;
    // Two builds, so that the server's features do not creep into the program that is tried.
    let uam = build::find_or_build_uam(options.uam.as_deref())?;
    let lab = build::build_programs(&["-p", "lab", "--bin", "lab-s3"])?;
    let desk = dir.join("desk");
    fs_err::create_dir_all(&desk)?;

    // Dropped in reverse order, whatever happens: first uam, then the windows, the bucket, the desktop.
    let desktop = VirtualScreen::start()?;
    println!(
        "Virtual desktop {} is up: 1920x1080, openbox.",
        desktop.display()
    );
    let server = build::find_program(&lab, "lab-s3")?;
    let store = S3Process::start(&server, &dir.join("bucket"))?;
    println!(
        "S3 server is up: {} with the bucket {}.",
        store.environment()["AWS_ENDPOINT_URL"],
        store.environment()["S3_BUCKET_NAME"]
    );
    let actor = SimulatedUser::open_window(&desktop, &desk)?;
    println!("Three windows are open: an editor, a terminal, a table of characters.");
    let setting = UamSetup {
        uam,
        home: dir.join("home"),
        display: desktop.display().to_owned(),
        env: store.environment().clone().into_iter().collect(),
    };
    shorten_the_day(&setting)?;
    println!("Starting uam: uam {}\n", SHORT_DAY.join(" "));
    let mut uam = UamProcess::start(&setting, SHORT_DAY, true)?;
    let phone = uam.answer_first_run()?;
    println!(
        "\nIts questions were answered as its owner would. Now somebody works for {} s.\n",
        options.seconds
    );
    let done = actor.work_for(Duration::from_secs(options.seconds))?;
    println!("\nThe day is over; ending uam as Ctrl-C would.\n");
    uam.stop_and_wait()?;
    UamProcess::enter_code(&setting, &phone)?;
    show_results(&setting, &store, done)
}

/// The start-up questions' defaults, but a screenshot every 15 s instead of every 5 min: the day is a minute long.
const SHORT_DAY: &[&str] = &[
    "--yes",
    "--every",
    "15s",
    "--recovery-kit",
    uam_process::RECOVERY_CODES,
];

/// Sends every 15 s instead of every 5 min and holds nothing back before that, for the same reason.
fn shorten_the_day(setting: &UamSetup) -> Result<()> {
    fs_err::create_dir_all(&setting.home)?;
    for (key, value) in [("upload.every_seconds", "15"), ("upload.hold_seconds", "0")] {
        let mut config = setting.command();
        output_of(config.args(["config", "set", key, value]))?;
    }
    Ok(())
}

/// Prints what was recorded and how to look at it.
fn show_results(setting: &UamSetup, store: &S3Process, done: InputTotals) -> Result<()> {
    println!("== What was recorded");
    let mut report = setting.command();
    report.args(["report", "--day", "today"]);
    let status = report.stdin(Stdio::null()).status()?;
    if !status.success() {
        println!("(`uam report` ended with {status})");
    }
    println!(
        "\nThe script pressed {} keys, clicked {} times, turned the wheel {} steps and switched windows {} times.",
        done.keys, done.clicks, done.scroll, done.switches
    );
    println!("\n== Where it lies");
    println!("on this disk:  {}", setting.home.display());
    for (name, bytes) in list_with_sizes(&setting.home)? {
        println!("               {bytes:>9} bytes  {name}");
    }
    let bucket = store.bucket_dir();
    println!(
        "in the bucket: s3://{} ({})",
        store.environment()["S3_BUCKET_NAME"],
        bucket.display()
    );
    for (kind, totals) in s3_process::totals_by_kind(&bucket)? {
        println!(
            "               {:>4} objects, {:>9} bytes  {kind}, such as {}",
            totals.count, totals.bytes, totals.example
        );
    }
    let uam = format!(
        "UAM_HOME={} {}",
        setting.home.display(),
        setting.uam.display()
    );
    println!("\n== How to look at it");
    println!(
        "(It was unlocked with both factors, until ten minutes after the last report. The passphrase is \"{}\", the recovery \
         codes are in {}.)",
        uam_process::PASSPHRASE,
        setting.home.join(uam_process::RECOVERY_CODES).display()
    );
    let commands = [
        "report --day today",
        "report --day today --json",
        "shots",
        "keys",
        "doctor",
    ];
    for command in commands {
        println!("{uam} {command}");
    }
    if let Some(vault) = s3_process::totals_by_kind(&bucket)?.get("vault") {
        println!("\nThe bucket is sealed. Anywhere else, with one recovery code:");
        println!(
            "{} recover --from {} --identity key.txt   # then: age -d -i key.txt OBJECT",
            setting.uam.display(),
            bucket.join(&vault.example).display()
        );
    }
    Ok(())
}

/// The files under `home` with their sizes; the screenshots of a folder are one line.
fn list_with_sizes(home: &Path) -> Result<BTreeMap<String, u64>> {
    let mut sizes = BTreeMap::new();
    let mut screenshots = BTreeMap::<PathBuf, (u64, u64)>::new();
    for file in list_files(home)? {
        let facts = fs_err::metadata(home.join(&file))?;
        match file.parent() {
            Some(folder) if file.extension().is_some_and(|ending| ending == "age") => {
                let (count, bytes) = screenshots.entry(folder.to_owned()).or_default();
                *count += 1;
                *bytes += facts.len();
            }
            _ if facts.is_dir() => {}
            _ => drop(sizes.insert(file.display().to_string(), facts.len())),
        }
    }
    let folders = screenshots.into_iter().map(|(folder, (count, bytes))| {
        let name = format!("{}/ ({count} screenshots)", folder.display());
        (name, bytes)
    });
    sizes.extend(folders);
    Ok(sizes)
}

/// A folder's name for this moment, UTC: `2026-11-22T22-05-09Z`.
fn time_stamp() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H-%M-%SZ")
        .to_string()
}
