using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>The classes of storage that a cluster gets.</summary>
public sealed record StorageOptions
{
    /// <summary>The values of <see cref="LocalPathClass"/>.</summary>
    public static readonly IReadOnlyList<string> LocalPathClasses = ["auto", "default", "class", "none"];

    /// <summary>
    /// Whether the cluster gets the class <c>local-path</c>, whose volumes are folders of nodes: <c>default</c> as the class of claims that
    /// name none, if there is no such class yet, <c>class</c> for those that name it, <c>none</c> not at all. It is made once, and does not
    /// come back when it is deleted. <c>auto</c> is <c>default</c> for a cluster on one machine, and <c>none</c> otherwise.
    /// </summary>
    public string LocalPathClass { get; init; } = "auto";

    /// <summary>Finds all faults at once.</summary>
    /// <returns>One line each; empty if there are none.</returns>
    public IReadOnlyList<string> Faults()
    {
        var faults = new OptionFaults();
        faults.Require(LocalPathClasses.Contains(LocalPathClass), $"LocalPathClass must be one of {string.Join(", ", LocalPathClasses)}, but is {LocalPathClass}.");
        return faults.All;
    }

    /// <summary>The options with <c>auto</c> decided.</summary>
    /// <param name="isOneMachine">Whether the cluster is on one machine.</param>
    public StorageOptions Decided(bool isOneMachine) => LocalPathClass == "auto" ? this with { LocalPathClass = isOneMachine ? "default" : "none" } : this;
}
