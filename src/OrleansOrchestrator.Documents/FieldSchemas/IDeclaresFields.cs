namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>A version of a kind without a model, which declares the ownership structure of its objects itself.</summary>
public interface IDeclaresFields
{
    /// <summary>The schema of its objects.</summary>
    FieldSchema FieldSchema { get; }
}
