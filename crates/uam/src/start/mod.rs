//! The way in: one instance, the code, the questions.

mod consent;
mod factor;
mod first;
mod kit;
mod questions;

pub(crate) use factor::{
    Secret, fresh as fresh_secret, from_store as door_from_store, into_store, new_passphrase,
    open as open_door,
};
pub(crate) use first::secret as imported_secret;
pub(crate) use kit::{hand_over as hand_over_kit, keep as keep_kit};

use crate::cli::RunArgs;
use crate::output;
use anyhow::Context;
use consent::Agreed;
use console::Prompt;
use model::{ErrorKind, NoticeCode, UserError};
use platform::clock::{current_time_us, unix_time};
use platform::instance_lock::InstanceLock;
use settings::{AppPaths, ConsentNotice, Policy, Readers, Settings};
use std::io::{BufRead, Write};
use std::path::Path;
use upload::Destination;
use vault::{
    CodeVerdict, Enrolment, GateToken, KeySlotKind, Opener, UnlockedSlot, Vault, VaultError,
};

/// How many codes may be tried at one start.
const TRIES: u32 = 3;

/// Takes the instance lock, or says where the first instance is.
pub(crate) fn claim(paths: &AppPaths) -> anyhow::Result<InstanceLock> {
    InstanceLock::acquire(&paths.instance_lock_file())?.map_err(|holder| {
        let pid = holder
            .pid
            .map_or_else(String::new, |p| format!(" (process {p})"));
        UserError::new(
            ErrorKind::Instance,
            format!(
                "uam is already running{pid}; its data is in {}",
                paths.data.display()
            ),
            "See what it does: uam status. End it: uam stop.",
        )
        .into()
    })
}

/// What came of the way in.
pub(crate) struct Entered {
    pub(crate) vault: Vault,
    pub(crate) policy: Policy,
    /// What the record must say about it.
    pub(crate) notices: Vec<(NoticeCode, String)>,
    /// Opens what was recorded here; for a look at what today already holds, then gone.
    pub(crate) opener: Option<Opener>,
}

/// Asks for everything a start needs: agreement, the vault's secret, the code, and the questions.
pub(crate) fn enter(
    args: &RunArgs,
    paths: &AppPaths,
    config: Settings,
    destination: &Destination,
) -> anyhow::Result<Entered> {
    let now_us = current_time_us();
    let mut notices = Vec::new();
    let dir = paths.vault_dir();
    let mut vault = match Vault::exists(&dir)? {
        true => Some(Vault::open(&dir)?),
        false => None,
    };
    let agreed = {
        let policy = resolve_policy(&config, destination.clone(), paths, vault.as_ref())?;
        let before = vault.as_ref().and_then(Vault::consent);
        consent::ask(&ConsentNotice::of(&policy), before, args.agree, now_us)?
    };
    let (mut vault, door, imported) = match vault.take() {
        Some(vault) => {
            let door = factor::open(&vault, &mut Prompt::on_stdio())?;
            (vault, door, false)
        }
        None => first::found(&dir, args, now_us)?,
    };
    if let Agreed::Now(consent) = agreed {
        let text = format!(
            "The notice (version {}, SHA-256 {}) was agreed to.",
            consent.version, consent.text_sha256
        );
        notices.push((NoticeCode::Consent, text));
        vault.set_consent(&door, consent)?;
    }
    let pass = gate(paths, &mut vault, &door, imported, &mut notices)?;
    if !vault.has_slot(KeySlotKind::Recovery) {
        kit::hand_over(
            &mut vault,
            &door,
            &pass,
            args.recovery_kit.as_deref(),
            now_us,
        )?;
    }
    let sealed_before = config.upload.is_sealed();
    let shots_before = config.shots.clone();
    let config = questions::ask(args, paths, config)?;
    let policy = resolve_policy(&config, destination.clone(), paths, Some(&vault))?;
    if config.shots != shots_before {
        let text = format!("Pictures from now on: {}.", policy.describe_screenshots());
        notices.push((NoticeCode::Settings, text));
    }
    if config.upload.is_sealed() != sealed_before {
        // Somebody changed it a moment ago, and need not be shown it once more.
        let consent = consent::consent_to(&ConsentNotice::of(&policy), now_us);
        let text = policy.upload.describe_sealing().to_owned();
        notices.push((NoticeCode::Settings, text));
        vault.set_consent(&door, consent)?;
    }
    let opener = match vault.viewer_identity(&door, &pass) {
        Ok(identity) => Some(vault.viewer_opener(&identity)),
        Err(VaultError::NoViewer) => None,
        Err(e) => return Err(e.into()),
    };
    Ok(Entered {
        vault,
        policy,
        notices,
        opener,
    })
}

/// The policy of a start, with the readers that the vault names; before there is one, the person on this computer.
pub(crate) fn resolve_policy(
    settings: &Settings,
    destination: Destination,
    paths: &AppPaths,
    vault: Option<&Vault>,
) -> anyhow::Result<Policy> {
    let viewer = vault.is_none_or(|v| v.viewer().is_some());
    let organisations = vault.map_or(&[][..], Vault::organisations).iter();
    let keys = organisations.map(|o| (o.name.as_str(), o.key.as_str()));
    Policy::resolve(settings, destination, paths, Readers::new(viewer, keys))
}

/// Asks for the code until it is right. On the first run it shows the secret first, unless an app has it already.
fn gate(
    paths: &AppPaths,
    vault: &mut Vault,
    door: &UnlockedSlot,
    imported: bool,
    notices: &mut Vec<(NoticeCode, String)>,
) -> anyhow::Result<GateToken> {
    let picture = std::env::current_dir()
        .unwrap_or_else(|_| paths.data.clone())
        .join("mfa_qr.png");
    let first = !vault.is_enrolled();
    if imported {
        output::line("Your authenticator app keeps the entry it has.");
    } else if first {
        show_secret(&vault.enrolment(door, &account())?, &picture);
    }
    let pass = code(vault, door, &mut Prompt::on_stdio(), notices)?;
    if first {
        forget_secret(&picture);
    }
    Ok(pass)
}

/// Asks for a code until it is right, at most three times; what an auditor should know of it goes into `notices`.
pub(crate) fn code<R: BufRead, W: Write>(
    vault: &mut Vault,
    door: &UnlockedSlot,
    ask: &mut Prompt<R, W>,
    notices: &mut Vec<(NoticeCode, String)>,
) -> anyhow::Result<GateToken> {
    for tried in 0..TRIES {
        let left = TRIES - 1 - tried;
        let code = ask
            .ask_line("Code from your authenticator app")
            .context("cannot ask for the code")?;
        let Some(code) = code else {
            return Err(UserError::new(
                ErrorKind::Denied,
                "no code was given",
                "Start uam again and type the code your app shows.",
            )
            .into());
        };
        let answer = vault.check_code(door, &code, unix_time().as_secs())?;
        if let Some(pass) = answer.token {
            let refused = answer.failures_before.max(tried);
            if refused > 0 {
                let text = format!("{refused} codes were refused before the right one.");
                ask.print_line(&text)?;
                notices.push((NoticeCode::CodeRefused, text));
            }
            if let Some(seconds) = answer.clock_jumped {
                let text = format!(
                    "By this computer's clock {} days have passed since it was last seen at a code.",
                    seconds / 86_400
                );
                notices.push((NoticeCode::ClockJump, text));
            }
            return Ok(pass);
        }
        let final_word = matches!(
            answer.verdict,
            CodeVerdict::Locked | CodeVerdict::Wait { .. } | CodeVerdict::ClockBack { .. }
        );
        if final_word {
            return Err(UserError::new(
                ErrorKind::Denied,
                answer.verdict.to_string(),
                "Nothing was recorded.",
            )
            .into());
        }
        let more = if left > 0 {
            format!(" ({left} more)")
        } else {
            String::new()
        };
        ask.print_line(&format!("{}{more}", answer.verdict))?;
    }
    Err(UserError::new(
        ErrorKind::Denied,
        format!("{TRIES} codes were not right"),
        "Start uam again to try again.",
    )
    .into())
}

/// Shows a secret that is to go into an authenticator app, in every form an app takes.
pub(crate) fn show_secret(enrolment: &Enrolment, picture: &Path) {
    output::line(
        "Set up the second factor: scan this with Google Authenticator, Authy or any other such app.",
    );
    output::line("");
    let qr = if console::supports_escapes() {
        enrolment.qr_ansi()
    } else {
        enrolment.qr_text()
    };
    output::line(&qr);
    match vault::write_qr_png(enrolment, picture) {
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
}

/// The secret must outlive its set-up nowhere: not as a file, and not on the screen, where the next picture would show it.
pub(crate) fn forget_secret(picture: &Path) {
    if clear_screen() {
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

/// Clears the screen and what was scrolled off it (ECMA-48 ED 2, and xterm's ED 3), where there is one.
pub(crate) fn clear_screen() -> bool {
    let can = console::supports_escapes();
    if can {
        output::out("\u{1b}[H\u{1b}[2J\u{1b}[3J");
    }
    can
}

pub(crate) fn account() -> String {
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
