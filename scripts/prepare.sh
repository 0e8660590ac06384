#!/bin/sh
# Makes .venv ready for one kind of work:  prepare.sh run|client|check|test
#
#   run      Python >= 3.11 with venv, and requirements.txt
#   client   the same, with tkinter
#   check    run, and requirements-dev.txt
#   test     client, requirements-dev.txt, and on Linux a virtual display with what drives it
#
# As root with apt-get at hand it installs missing Debian packages; elsewhere it prints one sentence that names
# what is missing and the command that mends it, and ends with exit code 2. PYTHON, if set, is the only Python
# that is tried. A second call finds everything done and costs a few milliseconds.
set -eu
cd "$(dirname "$0")/.."

work=$1
venv_python=.venv/bin/python
log=.venv.log

case $work in
    run | client) requirements=requirements.txt ;;
    check | test) requirements=requirements-dev.txt ;;
    *) echo "usage: prepare.sh run|client|check|test" >&2; exit 2 ;;
esac
case $work in
    client | test) tk=tk ;;
    *) tk= ;;
esac
stamp=.venv/installed-$requirements

stop() { printf '%s\n' "$1" >&2; exit 2; }

has_apt() { command -v apt-get >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }

# python_has PYTHON WHAT...  is it new enough, and has it these modules?
python_has() {
    candidate=$1
    shift
    "$candidate" -c '
import sys
if sys.version_info < (3, 11): sys.exit(1)
for name in sys.argv[1:]: __import__(name)' "$@" >/dev/null 2>&1
}

# first_python WHAT...  prints the first Python that has all of it
first_python() {
    if [ -n "${PYTHON:-}" ]; then
        python_has "$PYTHON" "$@" && printf '%s\n' "$PYTHON"
        return
    fi
    for name in python3.13 python3.12 python3.11 python3 /usr/bin/python3; do
        if python_has "$name" "$@"; then
            printf '%s\n' "$name"
            return
        fi
    done
    return 1
}

# A Python with tkinter is preferred even for the server, so that `make client` need not make .venv again
# under a running server.
choose_python() {
    first_python venv ensurepip.__main__ tkinter && return
    [ -z "$tk" ] && first_python venv ensurepip.__main__
}

which_python() { "$1" -c 'import sys; print(sys.base_prefix, sys.version)' 2>/dev/null; }

# Is .venv there, new enough, with Tk if needed, and made with the PYTHON that was asked for?
venv_fits() {
    python_has "$venv_python" ${tk:+tkinter} || return
    [ -z "${PYTHON:-}" ] || [ "$(which_python "$PYTHON")" = "$(which_python "$venv_python")" ]
}

# The stamp holds the lines that were installed, so that a changed file is noticed whatever its date.
installed() { [ -f "$stamp" ] && [ "$(cat requirements.txt "$requirements")" = "$(cat "$stamp")" ]; }

# What a display for the tests needs; elsewhere than on Linux windows open on the person's own screen.
missing_tools() {
    [ "$work" = test ] && [ "$(uname -s)" = Linux ] || return 0
    [ -n "${DISPLAY:-}" ] || command -v Xvfb >/dev/null 2>&1 || echo Xvfb
    command -v xdotool >/dev/null 2>&1 || echo xdotool
}

apt_install() {
    echo "Installing with apt-get: $*"
    export DEBIAN_FRONTEND=noninteractive
    set -- apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
    # The lists of a fresh machine are empty or old, so a refusal is answered by fetching them.
    "$@" </dev/null >"$log" 2>&1 ||
        { apt-get update </dev/null >"$log" 2>&1 && "$@" </dev/null >"$log" 2>&1; } ||
        { cat "$log" >&2; stop "apt-get could not install the packages: read its words above and run make $work again."; }
}

# mend APT DNF BREW PACMAN  prints the command of this machine that installs them
mend() {
    sudo="sudo "
    is_root && sudo=
    if has_apt; then echo "${sudo}apt-get install $1"
    elif command -v dnf >/dev/null 2>&1; then echo "${sudo}dnf install $2"
    elif command -v brew >/dev/null 2>&1; then echo "brew install $3"
    elif command -v pacman >/dev/null 2>&1; then echo "${sudo}pacman -S $4"
    fi
}

# lacking WHAT COMMAND  the one sentence
lacking() {
    if [ -n "$2" ]; then stop "$1: run \`$2\`, then \`make $work\` again."
    else stop "$1: install it with your system's package manager, then run \`make $work\` again."
    fi
}

prepare_tools() {
    missing=$(missing_tools | paste -s -d+ - | sed 's/+/ and /')
    [ -n "$missing" ] || return 0
    if is_root && has_apt; then
        apt_install xvfb xauth xdotool fonts-dejavu-core
    else
        lacking "The tests open windows and need $missing" "$(mend \
            "xvfb xauth xdotool fonts-dejavu-core" "xorg-x11-server-Xvfb xdotool dejavu-sans-fonts" \
            "xdotool" "xorg-server-xvfb xdotool ttf-dejavu")"
    fi
}

# A Python of the person's own choice gains nothing from Debian's packages.
apt_would_help() {
    [ -z "${PYTHON:-}" ] && return
    case $(which_python "$PYTHON") in "/usr "*) return 0 ;; *) return 1 ;; esac
}

explain_python() {
    if [ -n "${PYTHON:-}" ]; then
        stop "PYTHON=$PYTHON is not a Python >= 3.11 with venv${tk:+ and tkinter}: run \`make $work\` without PYTHON, or name another one."
    elif ! first_python >/dev/null; then
        lacking "Python 3.11 or newer is missing" "$(mend \
            "python3.11 python3.11-venv${tk:+ python3-tk}" "python3.11${tk:+ python3.11-tkinter}" \
            "python@3.13${tk:+ python-tk@3.13}" "python${tk:+ tk}")"
    elif ! first_python venv ensurepip.__main__ >/dev/null; then
        lacking "Python's venv module is missing" "$(mend python3-venv python3-pip python@3.13 python)"
    else
        lacking "Tk, which draws the window (Python's tkinter), is missing" "$(mend \
            "python3-tk python3-venv" python3-tkinter python-tk tk)"
    fi
}

prepare_python() {
    venv_fits && "$venv_python" -m pip --version >/dev/null 2>&1 && return
    if ! python=$(choose_python); then
        if is_root && has_apt && apt_would_help; then
            apt_install python3 python3-venv ${tk:+python3-tk}
            # A .venv of Debian's own Python has tkinter now, and whoever uses it goes on undisturbed.
            venv_fits && "$venv_python" -m pip --version >/dev/null 2>&1 && return
        fi
        python=$(choose_python) || explain_python
    fi
    echo "Making .venv with $("$python" --version 2>&1) ($python)"
    rm -rf .venv
    "$python" -m venv .venv >"$log" 2>&1 || {
        cat "$log" >&2
        stop "$python could not make .venv: read its words above, or name another Python with \`make $work PYTHON=...\`."
    }
}

# The checkout itself is found through a line in a .pth file, which needs no build and no download, and being a
# relative path survives a move of the folder.
install_packages() {
    installed && return
    echo "Installing the packages of $requirements"
    "$venv_python" -c '
import os, sysconfig
packages = sysconfig.get_path("purelib")
with open(os.path.join(packages, "secure_chat_checkout.pth"), "w", encoding="utf-8") as file:
    file.write(os.path.relpath(os.getcwd(), packages) + "\n")'
    "$venv_python" -m pip install --quiet --disable-pip-version-check --no-input --prefer-binary \
        -r "$requirements" </dev/null >"$log" 2>&1 || {
        cat "$log" >&2
        stop "pip could not install the packages: check the network connection and run \`make $work\` again."
    }
    # requirements-dev.txt includes requirements.txt.
    cat requirements.txt requirements.txt >.venv/installed-requirements.txt
    cat requirements.txt "$requirements" >"$stamp"
}

if installed && venv_fits && [ -z "$(missing_tools)" ]; then
    exit 0
fi

# `make run` and `make client` are often started side by side on a fresh checkout: the second waits for the first.
# The lock is a link whose text is the process id, because making one is atomic everywhere.
until ln -s $$ .venv.lock 2>/dev/null; do
    owner=$(readlink .venv.lock 2>/dev/null) || continue
    kill -0 "$owner" 2>/dev/null || rm -f .venv.lock
    sleep 0.2
done
trap 'rm -f .venv.lock' EXIT
trap 'exit 130' INT TERM HUP

prepare_tools
prepare_python
install_packages
rm -f "$log"
