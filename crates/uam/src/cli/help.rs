//! The text of `uam --help`: every command in one of five groups.

/// At most 24 lines of 79 columns, so that it fits a terminal. The options of a run are shown by `uam help run`.
pub(super) const TEXT: &str = "\
uam: an open, honest record of your working day. It counts keys and clicks;
it never learns what you type. Without a command, uam records (uam run).

Usage: uam [--home DIR] [COMMAND] [OPTIONS]

Record     run         Record until stopped    status       Show the live state
           pause       Pause recording         resume       Resume recording
           stop        Stop recording          attach       Open the live view
           shot        Take a screenshot now
Read       report      Report days             dashboard    Open the local page
           shots       List screenshots        export       Export records
           unlock      Unlock for reading      lock         Lock again
Your data  exclude     Protect windows         delete       Delete a time range
           erase       Erase whole days        retention    Old screenshots
           consent     Show the notice
Uploads    upload      Upload now              sent         List the uploads
           verify      Check the uploads
Set up     config      Show, change settings   categories   Show, test rules
           keys        Manage keys, readers    recover      Use a recovery code
           doctor      Check this computer     completions  Shell completions

      --home DIR  Keep settings, data and sockets under DIR [env: UAM_HOME]
Help of one command, with its options: uam help COMMAND
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    /// The names of the commands in the text. Columns 11 and 47 hold a name; the text beside it begins 12 or 13 columns
    /// further right.
    fn named_commands() -> Vec<&'static str> {
        let groups = TEXT.lines().filter(|line| {
            line.get(..11).is_some_and(|group| {
                ["Record", "Read", "Your data", "Uploads", "Set up", ""].contains(&group.trim_end())
            })
        });
        groups
            .flat_map(|line| [line.get(11..22), line.get(47..59)])
            .flatten()
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect()
    }

    #[test]
    fn help_names_every_command_once() {
        let mut named = named_commands();
        named.sort_unstable();
        let command = Cli::command();
        let visible = command.get_subcommands().filter(|one| !one.is_hide_set());
        let mut visible: Vec<&str> = visible.map(clap::Command::get_name).collect();
        visible.sort_unstable();
        assert_eq!(named, visible);
    }

    #[test]
    fn help_fits_a_terminal() {
        let printed = Cli::command().render_help().to_string();
        assert_eq!(printed.trim_end(), TEXT.trim_end());
        assert!(TEXT.lines().count() <= 24);
        for line in TEXT.lines() {
            assert!(line.len() <= 79 && line.is_ascii(), "{line}");
        }
    }
}
