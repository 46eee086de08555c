namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <summary>The newest beat of the node controller on this silo.</summary>
public interface INodeBeats
{
    /// <summary>The beat; null before the first one. It ages while the node controller does not answer.</summary>
    string? Newest { get; }

    /// <summary>The times by which this silo's node controller acts. Daemons compare them with their own.</summary>
    string Times { get; }
}
