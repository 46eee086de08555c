namespace OrleansOrchestrator.Node.Guarding;

/// <summary>The program of the guard processes: a dead man's switch that needs neither the daemon nor the engine nor the network.</summary>
/// <remarks>
/// It reads the daemon's feed (see <see cref="PodGuard"/>) and compares the deadlines with the machine's uptime, which also runs while
/// the machine sleeps and which cannot be set. A leap of the wall clock counts as elapsed time too, unless the daemon accounts for it in
/// the feed within <see cref="Leases.LeaseClock.DoubtTime"/>. A pod past its deadline is sealed, so that none of its processes can
/// start, and then killed, again and again until there is a later deadline. Two guards do the same, and each restarts the other. A
/// guard ends if another guard has taken its place, if its data folder is gone, or if it has neither pods nor a daemon.
/// </remarks>
internal static class GuardScript
{
    /// <summary>
    /// The script. Its arguments are the guard's folder, the daemon's data folder, the name of the file with its own process id, and
    /// that of the other guard. Times are in hundredths of a second.
    /// </summary>
    public const string Text = """
        folder=$1
        data=$2
        mine=$3
        other=$4
        lonely=0
        rounds=0
        doubted=

        # A supervisor that ends the daemon with all of its cgroup must not end its guard, and who ends one guard not the other.
        roots=/sys/fs/cgroup
        [ -e $roots/cgroup.procs ] || roots="$roots/systemd $roots/unified"
        for root in $roots; do
            mkdir -p "$root/orchestrator/guard/$mine" && echo $$ >"$root/orchestrator/guard/$mine/cgroup.procs"
        done 2>/dev/null

        # Without memory or processor time for others, it still acts.
        echo -1000 2>/dev/null >/proc/self/oom_score_adj
        renice -n -10 -p $$ >/dev/null 2>&1

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
            : >"$1/sealed"
            for record in "$1"/*/pid; do
                read -r pid since <"$record" || continue
                start_of "$pid"
                [ "$started" = "$since" ] || continue
                [ -e "${record%/pid}/exit" ] || [ -e "${record%/pid}/killed" ] || : >"${record%/pid}/killed"
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

        start_of $$
        echo "$$ $started" >"$folder/$mine.new"
        mv "$folder/$mine.new" "$folder/$mine"
        while [ -d "$data" ]; do
            read -r owner rest <"$folder/$mine" && [ "$owner" = $$ ] || exit
            read -r up rest </proc/uptime
            now=${up%.*}${up#*.}
            pause=100
            if read -r serial soonest lead daemon <"$folder/feed"; then
                # Either the clock was set, of which the daemon tells in time, or the machine was stopped from outside.
                if [ -n "$doubted" ] || [ $((rounds % 2)) = 0 ]; then
                    leap=$(($(date +%s) * 100 - now - lead))
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
            [ $((rounds % 4)) != 0 ] || start_other
            rounds=$((rounds + 1))
            case $pause in
                ?) pause=0.0$pause ;;
                ??) pause=0.$pause ;;
                *) pause=1 ;;
            esac
            sleep "$pause"
        done 2>/dev/null
        rm -rf "$folder"
        """;
}
