; The person's own PATH (HKCU\Environment), changed without ever holding it in a variable of the installer: those end at
; 1,024 characters and would write back a PATH cut short. The text stays in memory of the System
; plug-in, keeps its type (REG_EXPAND_SZ mostly) and every other character.
;
; In that memory the value stands as ";one;two;", so that a folder can be found as a whole entry.

!include LogicLib.nsh

!define PATH_HKCU "p -2147483647" ; HKEY_CURRENT_USER, sign-extended as 64-bit Windows wants it
!define PATH_READ_WRITE 0x2001F
!define PATH_NOT_FOUND 2
!define PATH_SZ 1
!define PATH_EXPAND_SZ 2
; Longer ones could never become part of an environment (32,767 characters); they are left alone.
!define PATH_MAX_BYTES 60000

Var PathKey
Var PathType
Var PathText
Var PathFound
Var PathFolder

!macro PathFunctions un
; Reads the PATH. $PathText is 0 when it must be left alone; otherwise $PathFound is the place of $PathFolder or 0.
Function ${un}PathLoad
  Push $0
  Push $1
  Push $2
  StrCpy $PathText 0
  StrCpy $PathFound 0
  System::Call 'advapi32::RegOpenKeyExW(${PATH_HKCU}, w "Environment", i 0, i ${PATH_READ_WRITE}, *p .s) i .r0'
  Pop $PathKey
  ${If} $0 <> 0
    StrCpy $PathKey 0
    Goto done
  ${EndIf}
  System::Call 'advapi32::RegQueryValueExW(p $PathKey, w "Path", p 0, *i .r1, p 0, *i 0 r2) i .r0'
  ${If} $0 = ${PATH_NOT_FOUND}
    StrCpy $1 ${PATH_EXPAND_SZ}
    StrCpy $2 0
  ${ElseIf} $0 <> 0
    Goto done
  ${ElseIf} $1 <> ${PATH_SZ}
  ${AndIf} $1 <> ${PATH_EXPAND_SZ}
    Goto done
  ${ElseIf} $2 > ${PATH_MAX_BYTES}
    Goto done
  ${EndIf}
  StrCpy $PathType $1
  ; Room for the three separators, the folder and the end; the memory begins as zeros.
  StrLen $0 $PathFolder
  IntOp $0 $0 * 2
  IntOp $0 $0 + $2
  IntOp $0 $0 + 16
  System::Alloc $0
  Pop $PathText
  ${If} $PathText P= 0
    StrCpy $PathText 0
    Goto done
  ${EndIf}
  System::Call 'kernel32::lstrcpyW(p $PathText, w ";")'
  ${If} $2 > 0
    IntPtrOp $1 $PathText + 2
    System::Call 'advapi32::RegQueryValueExW(p $PathKey, w "Path", p 0, p 0, p r1, *i r2) i .r0'
    ${If} $0 <> 0
      System::Free $PathText
      StrCpy $PathText 0
      Goto done
    ${EndIf}
  ${EndIf}
  System::Call 'kernel32::lstrcatW(p $PathText, w ";")'
  System::Call 'shlwapi::StrStrIW(p $PathText, w ";$PathFolder;") p .s'
  Pop $PathFound
  done:
  Pop $2
  Pop $1
  Pop $0
FunctionEnd

; Writes back the text in memory from the second character on (the first is the separator put there above).
Function ${un}PathStore
  Push $0
  Push $1
  IntPtrOp $0 $PathText + 2
  System::Call 'kernel32::lstrlenW(p r0) i .r1'
  ${If} $1 = 0
    System::Call 'advapi32::RegDeleteValueW(p $PathKey, w "Path")'
  ${Else}
    IntOp $1 $1 + 1
    IntOp $1 $1 * 2
    System::Call 'advapi32::RegSetValueExW(p $PathKey, w "Path", i 0, i $PathType, p r0, i r1)'
  ${EndIf}
  ; Programs started from now on see it.
  SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=2000
  Pop $1
  Pop $0
FunctionEnd

Function ${un}PathRelease
  ${If} $PathText P<> 0
    System::Free $PathText
    StrCpy $PathText 0
  ${EndIf}
  ${If} $PathKey P<> 0
    System::Call 'advapi32::RegCloseKey(p $PathKey)'
    StrCpy $PathKey 0
  ${EndIf}
FunctionEnd

; Removes $PathFolder from the PATH, wherever it stands.
Function ${un}PathRemove
  Push $0
  Push $1
  Push $2
  Call ${un}PathLoad
  ${If} $PathText P<> 0
  ${AndIf} $PathFound P<> 0
    ; What follows ";folder" moves to where it began.
    StrLen $0 ";$PathFolder"
    IntOp $0 $0 * 2
    IntPtrOp $1 $PathFound + $0
    System::Call 'kernel32::lstrlenW(p r1) i .r2'
    IntOp $2 $2 + 1
    IntOp $2 $2 * 2
    System::Call 'kernel32::RtlMoveMemory(p $PathFound, p r1, p r2)'
    ; Without the separator added at the end; a PATH of this folder alone is now that separator alone.
    System::Call 'kernel32::lstrlenW(p $PathText) i .r2'
    ${If} $2 > 1
      IntOp $2 $2 - 1
      IntOp $2 $2 * 2
      IntPtrOp $1 $PathText + $2
      System::Call '*$1(&i2 0)'
    ${EndIf}
    Call ${un}PathStore
  ${EndIf}
  Call ${un}PathRelease
  Pop $2
  Pop $1
  Pop $0
FunctionEnd
!macroend

!insertmacro PathFunctions ""
!insertmacro PathFunctions "un."

; Puts $PathFolder at the end of the PATH, unless it is there.
Function PathAdd
  Push $0
  Push $1
  Call PathLoad
  ${If} $PathText P= 0
    DetailPrint "Your PATH could not be read as text, so uam's folder was not added to it."
  ${ElseIf} $PathFound P= 0
    System::Call 'kernel32::lstrlenW(p $PathText) i .r0'
    ${If} $0 = 2
      ; It was empty: no separator before its only entry.
      IntPtrOp $1 $PathText + 2
      System::Call '*$1(&i2 0)'
    ${EndIf}
    System::Call 'kernel32::lstrcatW(p $PathText, w "$PathFolder")'
    Call PathStore
  ${EndIf}
  Call PathRelease
  Pop $1
  Pop $0
FunctionEnd
