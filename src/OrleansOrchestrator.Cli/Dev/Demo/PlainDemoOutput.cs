using k8s.Models;

namespace OrleansOrchestrator.Cli.Dev.Demo;

/// <summary>Shows the demo as lines, for logs: each step when it begins and ends, each pod when it changes.</summary>
internal sealed class PlainDemoOutput(TextWriter writer) : IDemoOutput
{
    private readonly Dictionary<string, PodRow> _pods = new(StringComparer.Ordinal);
    private int _begun;
    private int _done;

    /// <inheritdoc/>
    public void Show(IReadOnlyList<DemoStep> steps, IReadOnlyList<V1Pod> pods)
    {
        ShowPods([.. pods.Select(PodRow.Of)]);
        foreach (var step in steps)
            ShowStep(step, steps);
    }

    private void ShowStep(DemoStep step, IReadOnlyList<DemoStep> steps)
    {
        if (step.Elapsed is not null && _begun == IndexOf(step, steps))
        {
            _begun++;
            writer.WriteLine($"{step.Title}: {step.Command}");
        }

        if (step.IsDone && _done == IndexOf(step, steps))
        {
            _done++;
            writer.WriteLine($"  {step.Outcome} ({step.Duration})");
        }
    }

    private void ShowPods(IReadOnlyList<PodRow> rows)
    {
        foreach (var row in rows)
        {
            if (_pods.TryGetValue(row.Name, out var shown) && shown == row)
                continue;
            _pods[row.Name] = row;
            writer.WriteLine($"  {row.Name} on {row.Node}, {row.Address}: {row.Status}, ready {row.Ready}, restarts {row.Restarts}");
        }

        foreach (var gone in _pods.Keys.Except(rows.Select(row => row.Name)).ToList())
        {
            _pods.Remove(gone);
            writer.WriteLine($"  {gone} is gone");
        }
    }

    private static int IndexOf(DemoStep step, IReadOnlyList<DemoStep> steps)
    {
        for (var i = 0; i < steps.Count; i++)
        {
            if (ReferenceEquals(steps[i], step))
                return i;
        }

        return -1;
    }
}
