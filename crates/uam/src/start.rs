//! The way in: one instance, the code, the questions.

use crate::cli::RunArgs;
use crate::config::{self, Config};
use crate::control::Instance;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::paths::Paths;
use anyhow::Context;
use console::{Ask, AskError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use vault::{Vault, Verdict};

/// How many codes may be tried at one start.
const TRIES: u32 = 3;

/// Takes the instance lock, or says where the first instance is.
pub(crate) fn claim(paths: &Paths) -> anyhow::Result<Instance> {
    Instance::claim(&paths.lock())?.map_err(|holder| {
        let pid = holder
            .pid
            .map_or_else(String::new, |p| format!(" (process {p})"));
        Failure::with_exit(
            Exit::Instance,
            format!(
                "uam is already running{pid}; its data is in {}",
                paths.data.display()
            ),
            "See what it does: uam status. End it: uam stop.",
        )
    })
}

/// What is recorded and who can read it; shown on the first run, before anything else happens.
pub(crate) fn notice(paths: &Paths, destination: &str) {
    output::line("uam records your working day on this desktop, openly:");
    output::line("  - which window is in use and for how long (application, executable, title)");
    output::line("  - how many keys and clicks there were; never which keys");
    output::line("  - now and then a picture of the active window, if you say so below");
    output::line(
        "It never records password managers, private-browsing windows or whatever you exclude.",
    );
    output::line(&format!("It is kept in {}", paths.data.display()));
    output::line(&format!("and sent to {destination}; nowhere else."));
    output::line(
        "`uam pause` pauses it, `uam stop` ends it, `uam export` shows every line that is sent.",
    );
    output::line("");
}

/// Asks for the code until it is right. On the first run it shows the secret first.
pub(crate) fn gate(paths: &Paths, vault: &mut Vault) -> anyhow::Result<Refused> {
    let picture = std::env::current_dir()
        .unwrap_or_else(|_| paths.data.clone())
        .join("mfa_qr.png");
    let first = !vault.is_enrolled();
    if first {
        enrol(vault, &picture)?;
    }
    let mut refused = 0;
    for left in (0..TRIES).rev() {
        let code = Ask::stdio()
            .code("Code from your authenticator app")
            .context("cannot ask for the code")?;
        let Some(code) = code else {
            return Err(Failure::with_exit(
                Exit::Denied,
                "no code was given",
                "Start uam again and type the code your app shows.",
            ));
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        match vault.check_code(&code, now)? {
            Verdict::Accepted => {
                if first {
                    forget_secret(&picture);
                }
                return Ok(Refused(refused));
            }
            verdict => {
                refused += 1;
                let more = if left > 0 {
                    format!(" ({left} more)")
                } else {
                    String::new()
                };
                output::line(&format!("{verdict}{more}"));
            }
        }
    }
    Err(Failure::with_exit(
        Exit::Denied,
        format!("{TRIES} codes were not right; nothing was recorded"),
        "Start uam again to try again.",
    ))
}

/// How many codes were refused before the right one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused(pub(crate) u32);

fn enrol(vault: &Vault, picture: &std::path::Path) -> anyhow::Result<()> {
    let enrolment = vault.enrolment(&account())?;
    output::line(
        "Set up the second factor: scan this with Google Authenticator, Authy or any other such app.",
    );
    output::line("");
    let qr = if console::takes_escapes() {
        enrolment.qr_ansi()
    } else {
        enrolment.qr_text()
    };
    output::line(&qr);
    match vault::write_qr_png(&enrolment, picture) {
        Ok(()) => output::line(&format!(
            "The same picture: {} (removed after the first good code)",
            picture.display()
        )),
        // A folder that cannot be written is no reason to refuse: the code is on the screen.
        Err(e) => output::line(&format!("(The picture file could not be written: {e})")),
    }
    output::line(&format!(
        "Or type this secret into the app: {}",
        enrolment.secret_base32()
    ));
    output::line("");
    Ok(())
}

/// The secret must outlive its set-up nowhere: not as a file, and not on the screen, where the next picture would show it.
fn forget_secret(picture: &std::path::Path) {
    if console::takes_escapes() {
        // Clears the screen and what was scrolled off it (ECMA-48 ED 2, and xterm's ED 3).
        output::out("\u{1b}[H\u{1b}[2J\u{1b}[3J");
        output::line(
            "The second factor is set up; the code and its secret were cleared from the screen.",
        );
    }
    match vault::remove_qr_png(picture) {
        Ok(true) => output::line("mfa_qr.png was removed."),
        Ok(false) => {}
        Err(e) => output::line(&format!("Remove {} yourself: {e}", picture.display())),
    }
}

fn account() -> String {
    let user = ["USER", "USERNAME", "LOGNAME"]
        .iter()
        .find_map(|n| std::env::var(n).ok())
        .unwrap_or_else(|| "me".into());
    let host = host_name();
    if host.is_empty() {
        user
    } else {
        format!("{user}@{host}")
    }
}

fn host_name() -> String {
    std::fs::read_to_string("/etc/hostname")
        .ok()
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map(|h| h.trim().to_owned())
        .unwrap_or_default()
}

/// Asks what is not settled by a flag, and remembers the answers. At the end of the input the remembered ones hold.
pub(crate) fn questions(args: &RunArgs, paths: &Paths, config: Config) -> anyhow::Result<Config> {
    let mut shots = config.shots.clone();
    let asked = !args.yes;
    let mut ask = Ask::stdio();
    shots.capture = match args.capture_answer() {
        Some(answer) => answer,
        None if asked => answered(
            ask.yes_no("Take pictures of the active window?", shots.capture),
            shots.capture,
        )?,
        None => shots.capture,
    };
    if shots.capture {
        shots.blur = match args.blur_answer() {
            Some(answer) => answer,
            None if asked => answered(
                ask.yes_no("Blur them, so that nothing can be read?", shots.blur),
                shots.blur,
            )?,
            None => shots.blur,
        };
        let minutes = shots.every_seconds.div_ceil(60);
        shots.every_seconds = match args.every {
            Some(every) => every.as_secs(),
            None if asked => match answered(
                ask.number("One picture every how many minutes?", 1..=1440, minutes),
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
    if shots == config.shots {
        return Ok(config);
    }
    let every = i64::try_from(shots.every_seconds).unwrap_or(i64::MAX);
    config::set(
        paths,
        &[
            ("shots.capture", shots.capture.into()),
            ("shots.blur", shots.blur.into()),
            ("shots.every_seconds", every.into()),
        ],
    )
    .context("cannot remember the answers")
}

/// Where the input ends, the remembered answer holds.
fn answered<T>(answer: Result<T, AskError>, remembered: T) -> anyhow::Result<T> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(AskError::Ended(_)) => Ok(remembered),
        Err(e) => Err(e).context("the questions at the start were not answered"),
    }
}

/// In words, for the first line of a run.
pub(crate) fn describe(config: &Config) -> String {
    let shots = &config.shots;
    if !shots.capture {
        return "no pictures".to_owned();
    }
    let every = Duration::from_secs(shots.every_seconds);
    let how = if shots.blur {
        "a blurred picture"
    } else {
        "a readable picture"
    };
    format!("{how} about every {}", report_length(every))
}

fn report_length(length: Duration) -> String {
    match length.as_secs() {
        s if s % 3600 == 0 => format!("{} h", s / 3600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}
