package postback.peer;

import org.apache.avro.generic.GenericRecord;

/** A postback and the click of its key, null when there is none. */
record Met(GenericRecord postback, GenericRecord click) {}
