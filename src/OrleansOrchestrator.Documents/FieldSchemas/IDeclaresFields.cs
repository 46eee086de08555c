namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>A form of a kind without a model, which says itself which parts of its objects can have owners of their own.</summary>
public interface IDeclaresFields
{
    /// <summary>The schema of its objects.</summary>
    FieldSchema FieldSchema { get; }
}
