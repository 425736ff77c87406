@echo off
rem Runs in the Windows machine of `cargo xtask windows-vm` at each log-on, as an administrator.
rem It writes its reports on the second serial port; tools/xtask/src/windows_vm/reports.rs reads them.
rem A test runs it in Wine, with other values of these variables.
if not defined VM_PORT set VM_PORT=COM2
if not defined VM_STATE set VM_STATE=%SystemDrive%\ipforward-vm
if not defined VM_RESTART set VM_RESTART=shutdown /r /f /t 0
if not defined VM_POWER_OFF set VM_POWER_OFF=shutdown /s /f /t 0
if not exist "%VM_STATE%" mkdir "%VM_STATE%"
set STAGE=1
if exist "%VM_STATE%\stage.txt" set /p STAGE=<"%VM_STATE%\stage.txt"
goto stage%STAGE%

:stage1
rem Trust the certificate of the package, and let test-signed drivers load after a restart.
set RUN=certutil -addstore -f Root "%~dp0test-certificate.cer"
call :step certificate-root
set RUN=certutil -addstore -f TrustedPublisher "%~dp0test-certificate.cer"
call :step certificate-publisher
set RUN=bcdedit /set testsigning on
call :step test-signing
>"%VM_STATE%\stage.txt" echo 2
%VM_RESTART%
goto :eof

:stage2
rem Install the driver, and have both verifiers check it after a restart.
set RUN=pnputil /add-driver "%~dp0driver.inf"
call :step add-driver
set RUN="%~dp0routectl.exe" device install
call :step install-device
set RUN=verifier /standard /driver driver.sys
call :step driver-verifier
set RUN=reg add HKLM\SYSTEM\CurrentControlSet\Services\IpForward\Parameters\Wdf /v VerifierOn /t REG_DWORD /d 1 /f
call :step kmdf-verifier
>"%VM_STATE%\stage.txt" echo 3
%VM_RESTART%
goto :eof

:stage3
rem The tests. If the machine stops in one of them, the next log-on finds this number.
>"%VM_STATE%\stage.txt" echo 4
set RUN="%~dp0routectl.exe" device status
call :step device-status
set RUN="%~dp0routectl.exe" version
call :step version
set RUN="%~dp0routectl.exe" interface show
call :step interfaces
set RUN="%~dp0routectl.exe" hold 203.0.113.0/24 dev 1 guard -- "%~dp0routectl.exe" leases
call :step hold
set RUN="%~dp0routectl.exe" --json selftest --wait 2m --junit "%VM_STATE%\selftest.xml"
call :step selftest
call :file selftest.xml
set RUN="%~dp0ipforward-probe.exe" --output "%VM_STATE%\profile.toml"
call :step probe
call :file profile.toml
set RUN=powershell -NoProfile -Command "Add-Type -Assembly System.Windows.Forms; [void][Windows.Forms.Application]::SetSuspendState('Suspend', $true, $false)"
call :step sleep
set RUN="%~dp0routectl.exe" version
call :step version-after-sleep
set RUN="%~dp0routectl.exe" statistics
call :step statistics
set RUN=verifier /query
call :step verifier-report
set RUN="%~dp0routectl.exe" device remove
call :step remove-device
goto last

:stage4
set RUN=cmd /c exit 1
call :step stopped-in-the-tests

:last
rem Reports about a stop, if there are any.
set RUN=cmd /c exit 1
if exist "%SystemRoot%\MEMORY.DMP" call :step memory-dump
>>"%VM_PORT%" echo vm done
%VM_POWER_OFF%
goto :eof

:step
rem Runs the command in RUN, as the step %1.
>>"%VM_PORT%" echo vm begin %1
rem The space keeps a number at the end of the command from being a handle.
%RUN% >>"%VM_PORT%" 2>&1
>>"%VM_PORT%" echo vm end %1 %ERRORLEVEL%
goto :eof

:file
>>"%VM_PORT%" echo vm file %1
if exist "%VM_STATE%\%1" type "%VM_STATE%\%1">>"%VM_PORT%"
>>"%VM_PORT%" echo vm end-of-file %1
goto :eof
