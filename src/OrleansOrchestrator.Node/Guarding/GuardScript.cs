namespace OrleansOrchestrator.Node.Guarding;

/// <summary>The program of the guard processes: a dead man's switch that needs neither the daemon nor the engine nor the network.</summary>
/// <remarks>
/// It reads the daemon's feed (see <see cref="PodGuard"/>) and compares the deadlines with the machine's uptime, which also runs while
/// the machine sleeps and which cannot be set. A leap of the wall clock counts as elapsed time too, unless the daemon accounts for it in
/// the feed within <see cref="Leases.LeaseClock.DoubtTime"/>. A pod past its deadline is sealed, so that none of its processes can
/// start, and then killed, again and again until there is a later deadline. Two guards do the same, and each restarts the other. A
/// guard ends if another guard has taken its place, if its data folder is gone, or if it has neither pods nor a daemon.
/// What it needs for that starts no process. On a machine that has no processes left, a shell that fails to start one exits; the guard
/// then executes itself anew in the same process, and does without for a while: without the clock of the wall, without the other
/// guard, and without sleep, which costs processor time but kills in time.
/// </remarks>
internal static class GuardScript
{
    /// <summary>
    /// The script. Its arguments are the guard's folder, the daemon's data folder, the name of the file with its own process id, and
    /// that of the other guard; and, if it has failed to start a process, for how many rounds it starts none, and since when it doubts the
    /// wall clock. Times are in hundredths of a second.
    /// </summary>
    public const string Text = """
        folder=$1
        data=$2
        mine=$3
        other=$4
        poor=${5:-0}
        doubted=$6
        lonely=0
        rounds=0
        trap 'exec sh "$0" "$folder" "$data" "$mine" "$other" 8 "$doubted"' EXIT
        trap 'trap - EXIT; exit 143' HUP INT TERM

        start_of() {
            started=
            read -r stat 2>/dev/null <"/proc/$1/stat" || return
            set -- ${stat##*) }
            state=$1
            started=${20}
        }

        start_other() {
            read -r pid since <"$folder/$other" && start_of "$pid" && [ "$started" = "$since" ] && [ "$state" != Z ] && return
            setsid sh "$0" "$folder" "$data" "$other" "$mine" </dev/null >/dev/null 2>&1 &
        }

        kill_tree() {
            while read -r pid; do
                [ "$pid" -le 1 ] || kill -KILL "$pid"
            done <"$1/cgroup.procs"
            for child in "$1"/*/; do
                [ ! -e "$child/cgroup.procs" ] || kill_tree "${child%/}"
            done
        }

        end_cgroup() {
            echo 0 >"$1/pids.max"
            [ ! -e "$1/cgroup.max.descendants" ] || echo 0 >"$1/cgroup.max.descendants"
            [ -e "$1/cgroup.kill" ] && echo 1 >"$1/cgroup.kill" || kill_tree "$1"
        }

        end_groups() {
            true >"$1/sealed"
            for record in "$1"/*/pid; do
                read -r pid since <"$record" || continue
                start_of "$pid"
                [ "$started" = "$since" ] || continue
                [ -e "${record%/pid}/exit" ] || [ -e "${record%/pid}/killed" ] || true >"${record%/pid}/killed"
                kill -KILL "-$pid"
            done
        }

        fence() {
            read -r header
            while read -r deadline limit uid cgroup records; do
                [ "$deadline" -le "$now" ] || continue
                read -r current rest <"$folder/feed"
                [ "$current" = "$serial" ] || return
                [ ! -d "$records" ] || end_groups "$records"
                [ ! -d "$cgroup" ] || end_cgroup "$cgroup"
            done
        } 2>/dev/null

        # Some shells wait and tell the time by themselves.
        look_at_clock() {
            [ -n "$BASH_VERSION" ] && printf -v wall '%(%s)T' -1 || wall=$(date +%s)
        }

        pause() {
            case $1 in
                ?) seconds=0.0$1 ;;
                ??) seconds=0.$1 ;;
                *) seconds=1 ;;
            esac
            if [ -n "$BASH_VERSION" ] && [ -p "$folder/$mine.wait" ]; then
                read -r -t $seconds rest <>"$folder/$mine.wait"
            else
                sleep $seconds
            fi
        }

        # A quarter of a second, without a process for sleep.
        spin() {
            end=$((now + 25))
            while read -r up rest </proc/uptime && [ "${up%.*}${up#*.}" -lt $end ]; do :; done
        }

        start_of $$
        if [ $poor = 0 ]; then
            # A supervisor that ends the daemon with all of its cgroup must not end its guard, and who ends one guard not the other. The
            # limits of all pods are not the guard's.
            roots=/sys/fs/cgroup
            [ -e $roots/cgroup.procs ] || roots="$roots/systemd $roots/unified"
            for root in $roots; do
                group=$root/orchestrator-guard/$mine
                { [ -d "$group" ] || mkdir -p "$group"; } && echo $$ >"$group/cgroup.procs"
            done 2>/dev/null

            # Without memory or processor time for others, it still acts.
            echo -1000 2>/dev/null >/proc/self/oom_score_adj
            renice -n -10 -p $$ >/dev/null 2>&1

            [ -z "$BASH_VERSION" ] || [ -p "$folder/$mine.wait" ] || mkfifo "$folder/$mine.wait"
            echo "$$ $started" >"$folder/$mine.new"
            mv "$folder/$mine.new" "$folder/$mine"
        elif ! read -r owner rest <"$folder/$mine" || [ ! -d "/proc/$owner" ]; then
            echo "$$ $started" >"$folder/$mine"
        fi 2>/dev/null
        while [ -d "$data" ]; do
            read -r owner rest <"$folder/$mine" && [ "$owner" = $$ ] || { trap - EXIT; exit; }
            read -r up rest </proc/uptime
            now=${up%.*}${up#*.}
            pause=100
            if read -r serial soonest lead daemon <"$folder/feed"; then
                # Either the clock was set, of which the daemon tells in time, or the machine was stopped from outside.
                if [ $poor = 0 ] && { [ -n "$doubted" ] || [ $((rounds % 2)) = 0 ]; }; then
                    look_at_clock
                    leap=$((wall * 100 - now - lead))
                    if [ $leap -le 100 ]; then
                        doubted=
                    elif [ $((now - ${doubted:=$now})) -ge 200 ]; then
                        now=$((now + leap))
                    fi
                fi
                if [ "$soonest" -le "$now" ]; then
                    fence <"$folder/feed"
                    pause=25
                elif [ $((soonest - now)) -lt 100 ]; then
                    pause=$((soonest - now))
                fi
                if kill -0 "$daemon" 2>/dev/null; then lonely=0; else lonely=$((lonely + 1)); fi
                [ "$soonest" -lt 999999999999 ] || [ $lonely -lt 60 ] || break
            fi
            if [ $poor -gt 0 ]; then
                poor=$((poor - 1))
                spin
                continue
            fi
            [ $((rounds % 4)) != 0 ] || start_other
            rounds=$((rounds + 1))
            pause $pause
        done 2>/dev/null
        trap - EXIT
        rm -rf "$folder"
        """;
}
