namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <summary>The newest beat of the node controller that this silo knows of.</summary>
public interface INodeBeats
{
    /// <summary>The beat; null before the first one has arrived. It grows old while the node controller does not answer.</summary>
    string? Newest { get; }

    /// <summary>By which times the node controller of this silo acts: daemons compare them with their own.</summary>
    string Times { get; }
}
