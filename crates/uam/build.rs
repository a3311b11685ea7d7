//! Puts the icon, the version and the manifest into `uam.exe`. On other systems there is nothing to do.

use std::io;
use std::path::Path;

/// Where the icon and the manifest lie, seen from this crate.
const WINDOWS: &str = "../../packaging/windows";

fn main() {
    // Without such a line cargo would run this again after every change in the crate.
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_TARGET_OS").is_none_or(|os| os != "windows") {
        return;
    }
    for file in ["uam.ico", "uam.manifest"] {
        println!("cargo:rerun-if-changed={WINDOWS}/{file}");
    }
    for variable in ["WINDRES", "AR", "CROSS_COMPILE", "RC_PATH"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    // The program works without them, so a computer without a resource compiler can still build it. `cargo xtask dist`
    // refuses to pack such a program.
    if let Err(error) = embed() {
        println!(
            "cargo:warning=uam.exe will have no icon, version or manifest: {error}. Its resource compiler comes with \
             MinGW's binutils (`windres`, or name one in WINDRES) or with the Windows SDK (`rc.exe`)."
        );
    }
}

/// Compiles the resources and has them linked into the program (not into its tests).
fn embed() -> io::Result<()> {
    // The resource compiler resolves names against a folder of its own choosing.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let file = |name: &str| -> io::Result<String> {
        let path = Path::new(&here).join(WINDOWS).join(name);
        if !path.is_file() {
            let missing = format!("{} is missing", path.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, missing));
        }
        Ok(path.display().to_string())
    };
    winresource::WindowsResource::new()
        .set_language(ENGLISH)
        .set("FileDescription", "User Activity Monitor")
        .set("ProductName", "uam")
        .set("CompanyName", "uam project")
        .set("InternalName", "uam")
        .set("OriginalFilename", "uam.exe")
        .set("LegalCopyright", "The uam authors; MIT or Apache-2.0")
        .set_icon(&file("uam.ico")?)
        .set_manifest_file(&file("uam.manifest")?)
        .compile_for("uam")
}

/// Windows' number for English (United States).
const ENGLISH: u16 = 0x0409;
