using k8s.Models;

namespace OrleansOrchestrator.Cli.Dev.Demo;

/// <summary>Shows the demo.</summary>
internal interface IDemoOutput
{
    /// <summary>Shows the steps and the pods as they are now.</summary>
    void Show(IReadOnlyList<DemoStep> steps, IReadOnlyList<V1Pod> pods);
}
