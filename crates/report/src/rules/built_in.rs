//! The categories that need no settings.

/// The categories used unless they are switched off: few, and by application only, for the meaning of a title differs from
/// desk to desk. Patterns are of the form that [`crate::rules::ClassificationRule`] takes.
pub const BUILT_IN: [(&str, &str); 9] = [
    (
        "development",
        r"\b(code|code-oss|vscodium|zed|sublime_text|emacs|g?vim|neovide|kate|geany|devenv|eclipse|qtcreator|jetbrains|idea(64)?|pycharm(64)?|clion(64)?|webstorm(64)?|goland(64)?|rider(64)?|rustrover(64)?|android studio|meld|gitk|dbeaver|postman)\b",
    ),
    (
        "terminal",
        r"\b(\w*terminal|konsole|alacritty|kitty|wezterm|xterm|urxvt|foot|ghostty|tilix|powershell|pwsh|cmd|mintty)\b",
    ),
    (
        "documents",
        r"\b(libreoffice|soffice|winword|excel|powerpnt|onenote|evince|okular|acrobat|acrord32|zathura|gedit|gnome-text-editor|notepad(\+\+)?|obsidian|notion|xournalpp)\b",
    ),
    (
        "communication",
        r"\b(slack|teams|ms-teams|zoom|discord|telegram\w*|signal|whatsapp|skype|thunderbird|outlook|olk|evolution|geary|element|mattermost|webex)\b",
    ),
    (
        "browsing",
        r"\b(firefox|librewolf|navigator|chrome|chromium|brave|vivaldi|opera|msedge|microsoft-edge|epiphany|qutebrowser|falkon)\b",
    ),
    (
        "design",
        r"\b(gimp|inkscape|krita|blender|figma|photoshop|illustrator|darktable|scribus|freecad)\b",
    ),
    (
        "media",
        r"\b(vlc|mpv|spotify|rhythmbox|totem|celluloid|audacity|obs|obs64|kodi)\b",
    ),
    (
        "files",
        r"\b(nautilus|dolphin|thunar|nemo|pcmanfm|explorer|totalcmd\w*)\b",
    ),
    (
        "settings",
        r"\b(gnome-control-center|systemsettings|gnome-system-monitor|taskmgr)\b",
    ),
];
