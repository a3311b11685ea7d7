//! Recovery codes: handed over once, on paper or in a file of their owner's choice.

use super::clear_screen;
use crate::output;
use anyhow::Context;
use console::Prompt;
use model::{ErrorKind, UserError};
use std::io::Write;
use std::path::Path;
use vault::{GateToken, RecoveryKit, UnlockedSlot, Vault};

/// How often the typed-back block may be wrong.
const TRIES: u32 = 3;

/// Makes ten recovery codes and makes sure that they were kept: written to `file`, or shown until one block was typed
/// back.
pub(crate) fn hand_over(
    vault: &mut Vault,
    door: &UnlockedSlot,
    pass: &GateToken,
    file: Option<&Path>,
    now_us: i64,
) -> anyhow::Result<()> {
    let kit = vault.new_recovery_kit(door, pass, now_us)?;
    keep(vault, &kit, file, now_us)
}

/// As [`hand_over`], for codes that are made already.
pub(crate) fn keep(
    vault: &Vault,
    kit: &RecoveryKit,
    file: Option<&Path>,
    now_us: i64,
) -> anyhow::Result<()> {
    let day = report::local_date(now_us, "UTC").to_string();
    let page = kit.page(vault.device(), &day);
    if let Some(file) = file {
        let mut out = platform::files::create_private_file(file)
            .with_context(|| format!("cannot write the recovery codes to {}", file.display()))?;
        out.write_all(page.as_bytes())
            .and_then(|()| out.sync_all())
            .with_context(|| format!("cannot write the recovery codes to {}", file.display()))?;
        output::line(&format!(
            "Your recovery codes are in {}. Move them off this computer.",
            file.display()
        ));
        return Ok(());
    }
    output::line(&page);
    prove(kit)?;
    if clear_screen() {
        output::line("The recovery codes were cleared from the screen.");
    }
    Ok(())
}

/// One block typed back shows that the page was kept.
fn prove(kit: &RecoveryKit) -> anyhow::Result<()> {
    let number = getrandom::u32().map_or(0, |n| n as usize % kit.codes().len());
    let Some(code) = kit.codes().get(number) else {
        return Ok(());
    };
    let mut ask = Prompt::on_stdio();
    for _ in 0..TRIES {
        let question = format!(
            "Write the codes down, then type the first five characters of code {}",
            number + 1
        );
        let Some(block) = ask.ask_line(&question)? else {
            break;
        };
        if code.begins_with(&block) {
            return Ok(());
        }
        ask.print_line("That is not how it begins.")?;
    }
    Err(UserError::new(
        ErrorKind::Denied,
        "the recovery codes were not confirmed; nothing was recorded",
        "Start uam again, then `uam keys recovery` shows ten new ones.",
    )
    .into())
}
