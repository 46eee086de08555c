#!/usr/bin/env bash
#
# Builds the solution, runs every test project and the format check, and sums up.
#
#   tests/run.sh                 everything
#   tests/run.sh Storage Model   only the projects whose name contains one of the words; Format is the format check
#
# The last line is "N passed, N failed, N skipped". The exit code is 0 if nothing failed and something ran.
#
# Two projects run at a time, because most of them wait more than they compute. What one has written is shown when it has ended.
#
# A few tests that fail run once more, alone. Those that pass then count as passed, and are listed as unsteady. A property's
# counter-example is a fact and gets no second chance.
#
# What the tests need beside the .NET SDK is installed where this runs as root on a system with apt; where something stays
# away, the tests that need it are skipped and say why. Logs and reports are in artifacts/tests/.
set -euo pipefail

repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$repository"

readonly solution=OrleansOrchestrator.sln
readonly configuration=Release
readonly reports="$repository/artifacts/tests"
readonly project_timeout_seconds=2400
readonly projects_at_once=2
# Most processes of the tests live for seconds. What the runtime would compile anew for the sake of a long life costs them a third of the processor's time.
export DOTNET_TieredPGO=0 DOTNET_TC_CallCountThreshold=200
# What takes longest begins first, so that no core is idle at the end.
readonly longest_first=(EndToEnd Consistency ControlPlane Node Gateway Storage)
# What starts clusters of processes and holds them to deadlines gets the machine to itself.
readonly alone=" EndToEnd Consistency "
# With more failures than these something is broken, and a second run would tell nothing.
readonly second_chances=12
readonly docker_start_seconds=60
readonly npm_seconds=300

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

passed=0 failed=0 skipped=0
failures=() # what may run once more: project, class and method
unsteady=()
docker_pid=""
temporary=""
routes_before=""
swept=() # the folders of runs that were killed
filters=("$@")
declare -A running=() # what runs: its process id, by name
declare -A began=()   # and when it began

say() { printf '\n== %s\n' "$*"; }

wanted() {
  [[ ${#filters[@]} -eq 0 ]] && return 0
  local word
  for word in "${filters[@]}"; do
    [[ "${1,,}" == *"${word,,}"* ]] && return 0
  done
  return 1
}

# --- What the tests need -------------------------------------------------------------------------------------------------

missing_packages() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || echo postgresql
  { command -v docker && command -v dockerd; } >/dev/null || echo docker.io
  command -v containerd >/dev/null || echo containerd
  [[ -x /usr/lib/cni/bridge ]] || echo containernetworking-plugins
  [[ -x /bin/busybox ]] && ! ldd /bin/busybox >/dev/null 2>&1 || echo busybox-static
  command -v ip >/dev/null || echo iproute2
  command -v nft >/dev/null || echo nftables
  command -v kubectl >/dev/null || echo kubernetes-client
  command -v setpriv >/dev/null || echo util-linux
  command -v git >/dev/null || echo git
  compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || echo libfaketime
  command -v openssl >/dev/null || echo openssl
  command -v dbus-daemon >/dev/null || echo dbus-daemon
  command -v node >/dev/null || echo nodejs
  command -v npm >/dev/null || echo npm
}

install_packages() {
  local packages
  mapfile -t packages < <(missing_packages)
  [[ ${#packages[@]} -gt 0 ]] || return 0
  if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
    say "not installed, and not installable here: ${packages[*]}; tests that need them are skipped"
    return 0
  fi

  say "installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >>"$reports/apt.log" 2>&1 || true
  # One at a time: a package that this system does not have must not keep the others away.
  local package
  for package in "${packages[@]}"; do
    apt-get install -y -qq --no-install-recommends "$package" >>"$reports/apt.log" 2>&1 \
      || echo "$package could not be installed (see $reports/apt.log); tests that need it are skipped"
  done
}

# The client libraries that tests use beside .NET's; node_modules is not committed.
install_javascript() {
  local folder=tests/OrleansOrchestrator.EndToEnd.Tests/Clients/javascript
  wanted EndToEnd && command -v npm >/dev/null || return 0
  [[ $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] && return 0

  say "installing the JavaScript client"
  timeout "$npm_seconds" npm ci --prefix "$folder" --no-audit --no-fund --ignore-scripts >"$reports/npm.log" 2>&1 \
    || echo "npm ci failed (see $reports/npm.log); tests that need the client are skipped"
}

start_docker() {
  command -v docker >/dev/null || return 0
  docker info >/dev/null 2>&1 && return 0
  [[ $EUID -eq 0 ]] && command -v dockerd >/dev/null || return 0

  say "starting a Docker engine"
  dockerd >"$reports/dockerd.log" 2>&1 &
  docker_pid=$!
  local deadline=$((SECONDS + docker_start_seconds))
  until docker info >/dev/null 2>&1; do
    if ((SECONDS > deadline)) || ! kill -0 "$docker_pid" 2>/dev/null; then
      echo "the Docker engine does not start; tests that need it are skipped. Its last words:"
      tail -n 3 "$reports/dockerd.log"
      stop_docker
      return 0
    fi
    sleep 0.2
  done
}

stop_docker() {
  [[ -n "$docker_pid" ]] || return 0
  kill "$docker_pid" 2>/dev/null || true
  wait "$docker_pid" 2>/dev/null || true
  docker_pid=""
}

# --- What a run that was killed has left -------------------------------------------------------------------------------

# Ends the processes of runs whose script has died, and removes their mounts and folders. Each run has a temporary folder of its own,
# which the environment of all that it starts names.
sweep_killed_runs() {
  local folder process place
  for folder in "${TMPDIR:-/tmp}"/orchestrator-tests.*; do
    [[ -s $folder/script ]] && ! kill -0 "$(cat "$folder/script")" 2>/dev/null || continue
    say "removing what a run that was killed has left in $folder"
    for process in /proc/[0-9]*; do
      if grep -zqs "=$folder\(/\|$\)" "$process/environ"; then kill -KILL "${process#/proc/}" 2>/dev/null || true; fi
    done
    while read -r place; do umount --lazy "$place" 2>/dev/null || true; done < <(awk -v below="$folder/" 'index($5, below) == 1 {print $5}' /proc/self/mountinfo | sort -r)
    rm -rf "$folder"
    swept+=("$folder")
  done

  # A run that goes on beside this one has younger ones.
  while read -r place; do ip netns del "$(basename "$place")" 2>/dev/null || true; done \
    < <(find /run/netns -maxdepth 1 -regex '/run/netns/oo[0-9a-f-].*' -mmin "+$((project_timeout_seconds / 30))" 2>/dev/null)
}

# Containers of these runs. The names of their mounts tell whose they are.
sweep_containers() {
  local folder
  for folder in "${swept[@]}"; do
    docker ps --all --no-trunc --format '{{.ID}} {{.Labels}} {{.Mounts}}' 2>/dev/null | grep -F "$folder" | cut -d ' ' -f 1 \
      | xargs --no-run-if-empty docker rm --force --volumes >/dev/null 2>&1 || true
  done
}

# Daemons that tests kill leave the range of services local to this machine, as they would for their next start.
service_routes() { ip route show table local proto boot 2>/dev/null | grep '^local 10\.96\.' | sort || true; }

remove_new_routes() {
  local route
  [[ $EUID -eq 0 ]] && command -v ip >/dev/null || return 0
  # shellcheck disable=SC2086 # the words of a route
  while read -r route; do ip route del $route table local 2>/dev/null || true; done < <(comm -13 <(echo "$routes_before") <(service_routes))
}

clean_up() {
  if ((${#running[@]} > 0)); then
    kill "${running[@]}" 2>/dev/null || true
    wait "${running[@]}" 2>/dev/null || true
  fi
  stop_docker
  remove_new_routes
  dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1 || true
  rm -rf "$temporary"
}

# The SDK leaves empty folders behind, and tests that are killed leave theirs; all of it goes with this one.
# Like /tmp it is open to all, for servers and pods that run as another user.
use_temporary_folder() {
  temporary="$(mktemp -d "${TMPDIR:-/tmp}/orchestrator-tests.XXXXXX")"
  chmod 1777 "$temporary"
  echo $$ >"$temporary/script"
  export TMPDIR="$temporary"
  # What has ended writes its name and exit code here.
  mkfifo "$temporary/ended"
  exec {ended}<>"$temporary/ended"
}

# --- Building and running ------------------------------------------------------------------------------------------------

summary() {
  local report
  for report in "$reports"/*.Tests.xml; do
    [[ -e "$report" ]] && list_skips "$report"
  done
  ((${#unsteady[@]} == 0)) || printf 'unsteady: %s\n' "${unsteady[@]}"
  printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  ((failed == 0 && passed > 0))
}

build() {
  local target
  for target in "$@"; do
    say "building $target"
    # One compiler for all projects saves half of the time; it is stopped at the end.
    if ! dotnet build "$target" -c "$configuration" -v minimal -tl:off --nologo -p:UseSharedCompilation=true; then
      failed=$((failed + 1))
      return 1
    fi
  done
}

# Reads a number from the totals in the head of an xunit report.
total() { grep -o -m 1 '<assembly [^>]*>' "$1" | grep -o " $2=\"[0-9]*\"" | grep -o '[0-9]*' | head -n 1; }

# The tests of an xunit report, a line each.
tests_of() { tr '\n' ' ' <"$1" | sed 's/<test /\n<test /g'; }

# Class and method of the tests that failed, but for properties of which a counter-example was found.
list_failures() {
  tests_of "$1" | grep 'result="Fail"' | grep -v 'CsCheck_Seed' \
    | sed -E 's/^<test [^>]* type="([^"]*)"[^>]* method="([^"]*)".*/\1.\2/' || true
}

list_skips() {
  tests_of "$1" | grep 'result="Skip"' \
    | sed -E 's/^<test [^>]*name="([^"]*)".*<reason>(<!\[CDATA\[)?(.*)<\/reason>.*/skipped: \1: \3/; s/\]\]>$//' || true
}

# Starts what has a name and a command. A background process of a script ignores interrupts, which tests send to their children.
start() {
  local name="$1"
  shift
  began[$name]=$SECONDS
  run_named "$name" "$@" </dev/null >"$reports/$name.log" 2>&1 &
  running[$name]=$!
}

run_named() {
  local name="$1" code=0
  shift
  env --default-signal=INT,QUIT timeout --kill-after=20 "$project_timeout_seconds" "$@" &
  # shellcheck disable=SC2064 # the process id of now
  trap "kill $!" TERM
  wait $! || code=$?
  echo "$name $code" >&"$ended"
}

start_project() {
  local name
  name="$(basename "$1" .csproj)"
  start_tests "$name" "$name"
}

# Runs the tests of a project, or some of them, and reports under a name.
start_tests() {
  local name="$1" report="$2"
  shift 2
  start "$report" "tests/$name/bin/$configuration/net10.0/$name" \
    --report-xunit-xml --report-xunit-xml-filename "$report.xml" --report-xunit-trx --report-xunit-trx-filename "$report.trx" \
    --results-directory "$reports" --progress off --ansi off --show-stdout failed --show-stderr failed "$@"
}

# Code style is enforced by the build; what is left is white space, which needs no project to be loaded.
start_format() { start format dotnet format whitespace . --folder --verify-no-changes -v quiet; }

# Waits until something has ended, shows what it has written and adds up.
finish_one() {
  local name code
  read -r name code <&"$ended"
  unset "running[$name]"
  say "$name"
  cat "$reports/$name.log"
  if [[ $name == format ]]; then
    if ((code == 0)); then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  else
    add_up "$name" "$code"
  fi
  echo "$name took $((SECONDS - began[$name])) s"
}

add_up() {
  local name="$1" code="$2" report="$reports/$1.xml" project_failed=0 test
  if [[ -s "$report" ]]; then
    for test in $(list_failures "$report"); do failures+=("$name $test"); done
    project_failed=$(($(total "$report" failed) + $(total "$report" errors)))
    passed=$((passed + $(total "$report" passed)))
    skipped=$((skipped + $(total "$report" skipped)))
  fi
  if ((code != 0 && project_failed == 0)); then
    ((code == 124 || code == 137)) && echo "$name did not end within $project_timeout_seconds s" || echo "$name ended with code $code"
    project_failed=1
  fi
  failed=$((failed + project_failed))
}

# Puts the projects that take longest before the others.
in_order() {
  local word project
  for word in "${longest_first[@]}"; do
    for project in "$@"; do [[ $project == */OrleansOrchestrator."$word".Tests.csproj ]] && echo "$project"; done
  done
  for project in "$@"; do
    word="$(basename "$project" .Tests.csproj)"
    [[ " ${longest_first[*]} " == *" ${word#OrleansOrchestrator.} "* ]] || echo "$project"
  done
}

is_alone() {
  local word
  word="$(basename "$1" .Tests.csproj)"
  [[ $alone == *" ${word#OrleansOrchestrator.} "* ]]
}

run_all() {
  local project
  for project in "$@"; do
    if is_alone "$project"; then
      while ((${#running[@]} > 0)); do finish_one; done
      start_project "$project"
      finish_one
    else
      ((${#running[@]} < projects_at_once)) || finish_one
      start_project "$project"
    fi
  done
  if wanted Format; then
    ((${#running[@]} < projects_at_once)) || finish_one
    start_format
  fi
  while ((${#running[@]} > 0)); do finish_one; done
}

# Tries alone what failed beside others. Each failure is a row of a test, and its method runs with all its rows.
run_again() {
  ((${#failures[@]} > 0 && ${#failures[@]} <= second_chances)) || return 0
  local failure project test code rows
  while read -r rows failure; do
    read -r project test <<<"$failure"
    say "$test, once more"
    start_tests "$project" "$project.again" --filter-method "$test"
    read -r _ code <&"$ended"
    unset "running[$project.again]"
    cat "$reports/$project.again.log"
    ((code == 0)) || continue
    passed=$((passed + rows)) failed=$((failed - rows))
    unsteady+=("$test")
  done < <(printf '%s\n' "${failures[@]}" | sort | uniq -c)
}

main() {
  rm -rf "$reports"
  mkdir -p "$reports"
  sweep_killed_runs
  routes_before="$(service_routes)"
  trap clean_up EXIT
  use_temporary_folder

  local project projects=()
  for project in tests/*.Tests/*.Tests.csproj; do
    wanted "$(basename "$project" .Tests.csproj | sed 's/^OrleansOrchestrator\.//')" && projects+=("$project")
  done

  install_packages
  install_javascript
  start_docker
  sweep_containers
  if [[ ${#filters[@]} -eq 0 ]]; then
    build "$solution" || { summary; return 1; }
  elif [[ ${#projects[@]} -gt 0 ]]; then
    build "${projects[@]}" || { summary; return 1; }
  fi

  mapfile -t projects < <(in_order "${projects[@]}")
  run_all "${projects[@]}"
  run_again
  summary
}

main
