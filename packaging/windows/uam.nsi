; The installer for people: `cargo xtask dist` compiles it. Per user, never elevated.
;
;   uam-VERSION-setup.exe /S                silently
;     /AUTOSTART=1|0  /ADDPATH=1|0          the two optional components (else as they are; off on a first installation)
;     /D=C:\folder                          another folder; last, and without quotes
;   uninstall.exe /S [/REMOVEDATA]          silently; recorded data and settings are kept without /REMOVEDATA
;
; Exit codes: 0 done, 1 cancelled, 2 not possible (uam still runs, or was installed from the .msi).

!ifndef VERSION
  !error "VERSION, VERSION4 (four numbers), SIZE (KiB), FILES (a folder) and OUT (a file) come from cargo xtask dist"
!endif

Target amd64-unicode
!ifdef QUICK
  ; For a check, which nobody downloads.
  SetCompressor zlib
!else
  SetCompressor /SOLID lzma
!endif
RequestExecutionLevel user
ManifestSupportedOS Win10
ManifestDPIAware true
CRCCheck on

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include Sections.nsh
!include WinMessages.nsh
!include path.nsh

!define PRODUCT "User Activity Monitor"
!define PUBLISHER "uam project"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\uam"
!define RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
; Where Windows notes the programs that were switched off in the Task Manager.
!define APPROVED_KEY "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
; The .msi leaves its mark here.
!define MSI_KEY "Software\uam\msi"
!define SHORTCUT "$SMPROGRAMS\${PRODUCT}.lnk"

Name "${PRODUCT}"
BrandingText "uam ${VERSION}"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\uam"
InstallDirRegKey HKCU "${UNINSTALL_KEY}" "InstallLocation"
ShowInstDetails show
ShowUninstDetails show

VIProductVersion "${VERSION4}"
VIFileVersion "${VERSION4}"
VIAddVersionKey /LANG=1033 "ProductName" "uam"
VIAddVersionKey /LANG=1033 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=1033 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=1033 "FileDescription" "${PRODUCT} - setup"
VIAddVersionKey /LANG=1033 "CompanyName" "${PUBLISHER}"
VIAddVersionKey /LANG=1033 "LegalCopyright" "The uam authors; MIT or Apache-2.0"

!define MUI_ICON "uam.ico"
!define MUI_UNICON "uam.ico"
!define MUI_WELCOMEFINISHPAGE_BITMAP "side.bmp"
!define MUI_COMPONENTSPAGE_SMALLDESC
!define MUI_WELCOMEPAGE_TEXT "uam keeps an open record of your working day: which window was in use, how many keys and clicks there were (never which keys), and now and then a screenshot of the active window.$\r$\n$\r$\nIt is installed for you alone and needs no administrator. It records only while it runs in its own window, and only after a code from your authenticator app.$\r$\n$\r$\nYour records stay on this computer and are uploaded to your own storage, nowhere else."
!define MUI_FINISHPAGE_RUN "$INSTDIR\uam.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Start uam now"
!define MUI_FINISHPAGE_RUN_NOTCHECKED
; The details stay on the screen until somebody has read them.
!define MUI_FINISHPAGE_NOAUTOCLOSE
!define MUI_UNFINISHPAGE_NOAUTOCLOSE
!define MUI_ABORTWARNING

!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${FILES}/LICENSE.txt"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE un.AskAboutData
!insertmacro MUI_UNPAGE_COMPONENTS
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

!ifdef SIGN
  ; The uninstaller is made here, so it is signed here.
  !uninstfinalize `${SIGN} "%1"` = 0
!endif

!macro StopRunning un
; Stops a running uam and waits until its file can be written. If it cannot be stopped, this program ends instead.
Function ${un}StopRunning
  Push $0
  Push $1
  IfFileExists "$INSTDIR\uam.exe" 0 free
  ask:
  DetailPrint "Ending a running uam ..."
  ; It says "not running" most of the time, and waits for the last upload otherwise.
  nsExec::Exec /TIMEOUT=60000 '"$INSTDIR\uam.exe" stop'
  Pop $0
  StrCpy $1 0
  wait:
  ; A program that runs cannot be opened for writing. This also finds one that `uam stop` does not reach, because it has
  ; another home or still waits for its code.
  ClearErrors
  FileOpen $0 "$INSTDIR\uam.exe" a
  ${IfNot} ${Errors}
    FileClose $0
    Goto free
  ${EndIf}
  IntOp $1 $1 + 1
  ${If} $1 < 100
    Sleep 100
    Goto wait
  ${EndIf}
  MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "uam still runs, so its program file cannot be replaced.$\r$\n$\r$\nEnd it in its own window (q or Ctrl-C), then press Retry." /SD IDCANCEL IDRETRY ask
  Abort "uam still runs; nothing was changed. End it, then start this again."
  free:
  Pop $1
  Pop $0
FunctionEnd
!macroend
!insertmacro StopRunning ""
!insertmacro StopRunning "un."

Section "User Activity Monitor" SecProgram
  SectionIn RO
  Call StopRunning
  SetOutPath "$INSTDIR"
  ; Without this check, a file that cannot be written would be skipped silently.
  SetOverwrite try
  ClearErrors
  File "${FILES}/uam.exe"
  ${If} ${Errors}
    MessageBox MB_OK|MB_ICONSTOP "$INSTDIR\uam.exe could not be written. Is the disk full, or does another program hold the file?" /SD IDOK
    Abort "uam.exe could not be written."
  ${EndIf}
  SetOverwrite on
  File "${FILES}/README.txt"
  File "${FILES}/LICENSE.txt"
  File "${FILES}/THIRD-PARTY.txt"
  ; Left by an uninstaller that kept the data; from now on it would be wrong.
  Delete "$LOCALAPPDATA\uam\KEPT.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  ; The folder the shortcut starts in: uam looks for .env there, and writes mfa_qr.png there on its first run.
  SetOutPath "$PROFILE"
  CreateShortcut "${SHORTCUT}" "$INSTDIR\uam.exe" "" "$INSTDIR\uam.exe" 0 SW_SHOWNORMAL "" "An open record of your working day"

  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "${PRODUCT}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\uam.exe,0"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" ${SIZE}
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
SectionEnd

Section /o "Start uam when I sign in" SecAutostart
  ; In a console window of its own, where it asks for the code.
  WriteRegStr HKCU "${RUN_KEY}" "${PRODUCT}" '"$INSTDIR\uam.exe"'
SectionEnd

Section /o "Add uam to PATH" SecPath
  StrCpy $PathFolder "$INSTDIR"
  Call PathAdd
SectionEnd

; Removes what an earlier version had and nobody wants any more.
Section "-unwanted"
  ${IfNot} ${SectionIsSelected} ${SecAutostart}
    DeleteRegValue HKCU "${RUN_KEY}" "${PRODUCT}"
    DeleteRegValue HKCU "${APPROVED_KEY}" "${PRODUCT}"
  ${EndIf}
  ${IfNot} ${SectionIsSelected} ${SecPath}
    StrCpy $PathFolder "$INSTDIR"
    Call PathRemove
  ${EndIf}
SectionEnd

!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${SecProgram} "The program, its licences and a link in the start menu."
  !insertmacro MUI_DESCRIPTION_TEXT ${SecAutostart} "Opens uam's window when you sign in to Windows; it asks for a code before it records. You can also switch this off in the Task Manager."
  !insertmacro MUI_DESCRIPTION_TEXT ${SecPath} "Lets 'uam status' and the other commands work in every terminal."
!insertmacro MUI_FUNCTION_DESCRIPTION_END

; Sets a section by `/NAME=1` or `/NAME=0`; leaves it as it is otherwise.
!macro SectionFromOption option section
  ClearErrors
  ${GetOptions} $0 "${option}=" $1
  ${IfNot} ${Errors}
    ${If} $1 == "1"
      !insertmacro SelectSection ${section}
    ${ElseIf} $1 == "0"
      !insertmacro UnselectSection ${section}
    ${EndIf}
  ${EndIf}
!macroend

Function .onInit
  ReadRegStr $0 HKCU "${MSI_KEY}" "version"
  ${If} $0 != ""
    MessageBox MB_OK|MB_ICONSTOP "uam $0 was installed from its .msi package. Remove that one first (Settings, Apps), or update it with the new .msi." /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  ; An upgrade starts from the components that are installed.
  ReadRegStr $0 HKCU "${RUN_KEY}" "${PRODUCT}"
  ${If} $0 != ""
    !insertmacro SelectSection ${SecAutostart}
  ${EndIf}
  StrCpy $PathFolder "$INSTDIR"
  Call PathLoad
  ${If} $PathFound P<> 0
    !insertmacro SelectSection ${SecPath}
  ${EndIf}
  Call PathRelease
  ${GetParameters} $0
  !insertmacro SectionFromOption "/AUTOSTART" ${SecAutostart}
  !insertmacro SectionFromOption "/ADDPATH" ${SecPath}
FunctionEnd

; ---- Uninstalling

Var Kept

Section "un.User Activity Monitor" UnProgram
  SectionIn RO
  Call un.StopRunning
  ; A folder that is somebody's working folder cannot be removed.
  SetOutPath "$TEMP"
  Delete "$INSTDIR\uam.exe"
  Delete "$INSTDIR\README.txt"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\THIRD-PARTY.txt"
  Delete "$INSTDIR\uninstall.exe"
  Delete "${SHORTCUT}"
  DeleteRegValue HKCU "${RUN_KEY}" "${PRODUCT}"
  DeleteRegValue HKCU "${APPROVED_KEY}" "${PRODUCT}"
  StrCpy $PathFolder "$INSTDIR"
  Call un.PathRemove
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
SectionEnd

Section /o "un.Recorded data and settings" UnData
  RMDir /r "$LOCALAPPDATA\uam"
  RMDir /r "$APPDATA\uam"
  ; A folder uam-data beside the program, where somebody made one.
  RMDir /r "$INSTDIR\uam-data"
SectionEnd

!macro Keep folder
  ${If} ${FileExists} "${folder}\*.*"
    StrCpy $Kept "$Kept    ${folder}$\r$\n"
    DetailPrint "Kept: ${folder}"
  ${EndIf}
!macroend

; Names what was kept: in the list on the screen, and in a file beside the data for later readers and silent removals.
Section "-un.tell"
  !insertmacro Keep "$LOCALAPPDATA\uam"
  !insertmacro Keep "$APPDATA\uam"
  !insertmacro Keep "$INSTDIR\uam-data"
  ${If} $Kept != ""
    CreateDirectory "$LOCALAPPDATA\uam"
    FileOpen $0 "$LOCALAPPDATA\uam\KEPT.txt" w
    FileWriteUTF16LE /BOM $0 "The User Activity Monitor was removed; its records and settings were kept:$\r$\n$\r$\n$Kept$\r$\nA new installation goes on with them. Delete these folders if you do not need them.$\r$\n"
    FileClose $0
    DetailPrint "Delete these folders if you do not need the records."
  ${EndIf}
  ; Removed only when nothing else is in it.
  RMDir "$INSTDIR"
SectionEnd

!insertmacro MUI_UNFUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${UnProgram} "The program, its link in the start menu, its entries in PATH and among the programs that start when you sign in."
  !insertmacro MUI_DESCRIPTION_TEXT ${UnData} "Everything recorded on this computer and all settings, for ever: $LOCALAPPDATA\uam and $APPDATA\uam. Uploads in your storage stay there."
!insertmacro MUI_UNFUNCTION_DESCRIPTION_END

Function un.AskAboutData
  ${If} ${SectionIsSelected} ${UnData}
    MessageBox MB_YESNO|MB_ICONEXCLAMATION|MB_DEFBUTTON2 "Delete everything uam recorded on this computer, and its settings, for ever?$\r$\n$\r$\n$LOCALAPPDATA\uam$\r$\n$APPDATA\uam" IDYES +2
    Abort
  ${EndIf}
FunctionEnd

Function un.onInit
  ${un.GetParameters} $0
  ClearErrors
  ${un.GetOptions} $0 "/REMOVEDATA" $1
  ${IfNot} ${Errors}
    !insertmacro SelectSection ${UnData}
  ${EndIf}
FunctionEnd
