//! The known folders; children without the console.

use crate::failure::Failure;
use settings::AppPaths;
use std::env;
use std::os::windows::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// `CREATE_NO_WINDOW`: the child has a console of its own, which is not shown.
const NO_WINDOW: u32 = 0x0800_0000;

/// A folder of this name beside the program holds everything: a stick that is carried around.
const PORTABLE: &str = "uam-data";

/// Settings in `%APPDATA%\uam`, which follows its user from machine to machine; data in `%LOCALAPPDATA%\uam`, which does
/// not. Where a folder `uam-data` lies beside the program, everything is in it.
pub(crate) fn places() -> anyhow::Result<AppPaths> {
    let beside = env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join(PORTABLE)))
        .filter(|folder| folder.is_dir());
    if let Some(folder) = beside {
        return Ok(AppPaths::under(std::path::absolute(folder)?));
    }
    let folder = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
            .ok_or_else(|| {
                Failure::usage(
                    format!("the folder %{name}% is unknown"),
                    format!("Set {name}, or name a folder with --home or UAM_HOME."),
                )
            })
    };
    let data = folder("LOCALAPPDATA")?.join("uam");
    Ok(AppPaths {
        config: folder("APPDATA")?.join("uam"),
        runtime: data.join("run"),
        data,
    })
}

/// Ctrl-C in the console reaches every program in it: the child must not be ended by what ends its parent politely.
pub(crate) fn apart(command: &mut Command) {
    command.creation_flags(NO_WINDOW);
}

/// A console of one's own, unseen, is all there is to it; see [`apart`].
pub(crate) fn detach() -> std::io::Result<()> {
    Ok(())
}

/// With a console of its own, unseen: Ctrl-C in the terminal is meant for whoever started it, not for the child.
pub(crate) fn alone(command: &mut Command) {
    apart(command);
}

/// What shows an address in the person's browser; no shell reads the address.
pub(crate) fn browser(address: &str) -> Option<Command> {
    let mut command = Command::new("rundll32");
    command.arg("url.dll,FileProtocolHandler").arg(address);
    Some(command)
}
