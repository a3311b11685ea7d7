//! Virtual desktops with real windows.
