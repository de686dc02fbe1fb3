// Made by `npm run api-types` from app_service's OpenAPI document. Do not edit.
export interface paths {
  "/api/attachments": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Create */
    post: operations["create_api_attachments_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/attachments/{attachment_id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read State */
    get: operations["read_state_api_attachments__attachment_id__get"];
    put?: never;
    post?: never;
    /** Delete */
    delete: operations["delete_api_attachments__attachment_id__delete"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/attachments/{attachment_id}/chunks/{number}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read Chunk */
    get: operations["read_chunk_api_attachments__attachment_id__chunks__number__get"];
    /** Put Chunk */
    put: operations["put_chunk_api_attachments__attachment_id__chunks__number__put"];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/attachments/{attachment_id}/complete": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Complete */
    post: operations["complete_api_attachments__attachment_id__complete_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/config": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Config */
    get: operations["config_api_config_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/connection/pending": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Pending */
    get: operations["pending_api_connection_pending_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/connection/request": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Request Connection */
    post: operations["request_connection_api_connection_request_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/connection/respond": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Respond */
    post: operations["respond_api_connection_respond_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/connections": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Connections */
    get: operations["connections_api_connections_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/connections/{user_id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Remove */
    delete: operations["remove_api_connections__user_id__delete"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/connections/{user_id}/block": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Block */
    post: operations["block_api_connections__user_id__block_post"];
    /** Unblock */
    delete: operations["unblock_api_connections__user_id__block_delete"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/conversations/{conversation_id}/commits": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Post Commit */
    post: operations["post_commit_api_conversations__conversation_id__commits_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/conversations/{conversation_id}/contributions": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Draw Contribution */
    post: operations["draw_contribution_api_conversations__conversation_id__contributions_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/conversations/{conversation_id}/generations": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Begin Generation */
    post: operations["begin_generation_api_conversations__conversation_id__generations_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/conversations/{conversation_id}/key-packages": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Claim Key Packages */
    post: operations["claim_key_packages_api_conversations__conversation_id__key_packages_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/conversations/{conversation_id}/lost-state": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Ask To Be Added */
    post: operations["ask_to_be_added_api_conversations__conversation_id__lost_state_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/conversations/{conversation_id}/read": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Mark Read */
    post: operations["mark_read_api_conversations__conversation_id__read_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/devices": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Own Devices */
    get: operations["own_devices_api_devices_get"];
    put?: never;
    /** Add Device */
    post: operations["add_device_api_devices_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/devices/{device_id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Revoke */
    delete: operations["revoke_api_devices__device_id__delete"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/devices/{device_id}/bind": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Bind */
    post: operations["bind_api_devices__device_id__bind_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/devices/challenge": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Challenge */
    post: operations["challenge_api_devices_challenge_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/devices/key-packages": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Key Package Stock */
    get: operations["key_package_stock_api_devices_key_packages_get"];
    put?: never;
    /** Upload Key Packages */
    post: operations["upload_key_packages_api_devices_key_packages_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/devices/ml-kem-keys": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Replace Ml Kem Key */
    post: operations["replace_ml_kem_key_api_devices_ml_kem_keys_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/health": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Health
     * @description 200 also when `degraded`, so that no platform restarts a healthy app because its neighbour is away.
     */
    get: operations["health_api_health_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/health/live": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Live */
    get: operations["live_api_health_live_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/health/ready": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Ready
     * @description 503 while the database cannot be reached.
     */
    get: operations["ready_api_health_ready_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/login": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Login */
    post: operations["login_api_login_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/login/parameters": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Login Parameters */
    get: operations["login_parameters_api_login_parameters_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/logout": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Logout */
    post: operations["logout_api_logout_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/message/send": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Send Message */
    post: operations["send_message_api_message_send_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/messages": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read Messages
     * @description Rows behind `after`; else the last ones in front of `before`; else the newest. Ascending in each case.
     */
    get: operations["read_messages_api_messages_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/pins": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read Pins */
    get: operations["read_pins_api_pins_get"];
    /** Write Pins */
    put: operations["write_pins_api_pins_put"];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/poll": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Poll
     * @description What a socket would have been sent after these cursors, for clients that cannot open one.
     */
    post: operations["poll_api_poll_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/quantum/bb84": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Bb84
     * @description A simulated run, told as `application/x-ndjson` while it goes on; its key is thrown away.
     */
    post: operations["bb84_api_quantum_bb84_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/quantum/samples": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Samples
     * @description Raw bits of each source that were set aside to be looked at: nothing that anybody draws depends on them.
     */
    get: operations["samples_api_quantum_samples_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/recover": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Recover */
    post: operations["recover_api_recover_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/register": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Register */
    post: operations["register_api_register_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/rooms": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List Rooms */
    get: operations["list_rooms_api_rooms_get"];
    put?: never;
    /**
     * Create Room
     * @description A room without a group yet: its creator's client founds that, and only there are its name and topic.
     */
    post: operations["create_room_api_rooms_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/rooms/{room_id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Show Room */
    get: operations["show_room_api_rooms__room_id__get"];
    put?: never;
    post?: never;
    /** End Room */
    delete: operations["end_room_api_rooms__room_id__delete"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/rooms/{room_id}/invite": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Invite Person */
    post: operations["invite_person_api_rooms__room_id__invite_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/rooms/{room_id}/leave": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Leave Room */
    post: operations["leave_room_api_rooms__room_id__leave_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/rooms/{room_id}/links": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Keep Link */
    post: operations["keep_link_api_rooms__room_id__links_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/rooms/{room_id}/requests": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List Requests */
    get: operations["list_requests_api_rooms__room_id__requests_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/rooms/{room_id}/requests/{user_id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Drop Request
     * @description Withdraw one's own request, or decline another's.
     */
    delete: operations["drop_request_api_rooms__room_id__requests__user_id__delete"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/rooms/join": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List Own Requests
     * @description Rooms that one asked to come into, and is not in.
     */
    get: operations["list_own_requests_api_rooms_join_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/rooms/join/{code}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Look At Link */
    get: operations["look_at_link_api_rooms_join__code__get"];
    put?: never;
    /**
     * Ask To Join
     * @description Ask to be let in; who may do that hears of it at once.
     */
    post: operations["ask_to_join_api_rooms_join__code__post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/session/rotate": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Rotate Session */
    post: operations["rotate_session_api_session_rotate_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/session/status": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Session Status
     * @description All of one's sessions with their state, or one.
     */
    get: operations["session_status_api_session_status_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/session/terminate": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Terminate Session */
    post: operations["terminate_session_api_session_terminate_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/sessions": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List Sessions */
    get: operations["list_sessions_api_sessions_get"];
    put?: never;
    /** Begin Session */
    post: operations["begin_session_api_sessions_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/sign-ins": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read Sign Ins */
    get: operations["read_sign_ins_api_sign_ins_get"];
    put?: never;
    post?: never;
    /**
     * End Other Sign Ins
     * @description All but the one that asks.
     */
    delete: operations["end_other_sign_ins_api_sign_ins_delete"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/sign-ins/{sign_in_id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** End Sign In */
    delete: operations["end_sign_in_api_sign_ins__sign_in_id__delete"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/token/refresh": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Refresh
     * @description With the token in the body, or with the cookie, a custom header and an allowed `Origin` (P2.7).
     */
    post: operations["refresh_api_token_refresh_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/users/{user_id}/keys": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Keys */
    get: operations["keys_api_users__user_id__keys_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/users/available": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Available */
    get: operations["available_api_users_available_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/users/keys": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Keys Of Many
     * @description Whoever comes into a room needs the keys of all who are in it.
     */
    post: operations["keys_of_many_api_users_keys_post"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/users/me": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read Me */
    get: operations["read_me_api_users_me_get"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /** Change Me */
    patch: operations["change_me_api_users_me_patch"];
    trace?: never;
  };
  "/api/users/me/password": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Change Password
     * @description With a vault: `If-Match`, and a proof of the password or a recovery token. All other sign-ins end.
     */
    put: operations["change_password_api_users_me_password_put"];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/users/me/recovery-code": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    /**
     * Change Recovery Code
     * @description The code before it opens nothing any more.
     */
    put: operations["change_recovery_code_api_users_me_recovery_code_put"];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/vault": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read Vault */
    get: operations["read_vault_api_vault_get"];
    /**
     * Write Vault
     * @description `If-None-Match: *` completes an account; `If-Match` writes the next version. Both need the password's proof.
     */
    put: operations["write_vault_api_vault_put"];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /**
     * AbsentSource
     * @description A quantum source that is configured and gave nothing to this seed; `alarm` names the test that it failed.
     */
    AbsentSource: {
      /** Alarm */
      alarm: string | null;
      /**
       * Health
       * @enum {string}
       */
      health: "starting" | "healthy" | "failed" | "alarmed";
      /** Source */
      source: string;
    };
    /** AccountKeys */
    AccountKeys: {
      /** Devices */
      devices: components["schemas"]["PublishedDevice"][];
      /** Identity Public Key */
      identity_public_key: string | null;
      /** Lists */
      lists: components["schemas"]["SignedList"][];
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
      /** Username */
      username: string;
    };
    /** Acknowledgement */
    Acknowledgement: {
      /**
       * Chain
       * Format: base64url
       */
      chain: string;
      /**
       * Client Id
       * Format: uuid
       */
      client_id: string;
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /** Epoch */
      epoch: number;
      /** Generation */
      generation: number;
      /**
       * Previous Chain
       * Format: base64url
       */
      previous_chain: string;
      receipt: components["schemas"]["CriticalReceipt"] | null;
      /** Seq */
      seq: number;
      /** Time */
      time: string;
    };
    /** Alarm */
    Alarm: {
      /** At */
      at: string;
      /** Test */
      test: string;
    };
    /** Alive */
    Alive: {
      /**
       * Status
       * @default ok
       * @constant
       */
      status: "ok";
    };
    /** Answered */
    Answered: {
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Session Id */
      session_id: string | null;
      /**
       * State
       * @enum {string}
       */
      state: "connected" | "rejected";
    };
    /** AttachmentState */
    AttachmentState: {
      /** Chunk Bytes */
      chunk_bytes: number;
      /** Complete */
      complete: boolean;
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /** Created At */
      created_at: string;
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Present */
      present: number[];
      /** Size */
      size: number;
    };
    /**
     * Bb84Event
     * @description One line of the answer.
     */
    Bb84Event:
      | components["schemas"]["Bb84Started"]
      | components["schemas"]["Bb84Progress"]
      | components["schemas"]["Bb84Finished"]
      | components["schemas"]["Bb84Failed"];
    /**
     * Bb84Failed
     * @description The simulation itself broke off; this is no abort of the protocol.
     */
    Bb84Failed: {
      /**
       * Code
       * @enum {string}
       */
      code: "timeout" | "crashed";
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      event: "failed";
    };
    /** Bb84Finished */
    Bb84Finished: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      event: "finished";
      result: components["schemas"]["Bb84Result"];
    };
    /** Bb84Progress */
    Bb84Progress: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      event: "progress";
      /**
       * Stage
       * @enum {string}
       */
      stage:
        "prepared" | "measured" | "sifted" | "estimated" | "corrected" | "verified" | "amplified" | "authenticated";
    };
    /**
     * Bb84Request
     * @description `noise` is the probability that the fibre flips a bit, `eavesdropper` the share of photons that Eve measures.
     */
    Bb84Request: {
      /**
       * Eavesdropper
       * @default 0
       */
      eavesdropper?: number;
      /**
       * Noise
       * @default 0
       */
      noise?: number;
      /**
       * Pulses
       * @default 16384
       */
      pulses?: number;
    };
    /**
     * Bb84Result
     * @description A demonstration by a simulator in one process: the key is thrown away, and nobody ever uses it.
     */
    Bb84Result: {
      /** Abort */
      abort:
        | (
            | "too_few_sifted"
            | "too_many_errors"
            | "verification_failed"
            | "no_key_left"
            | "not_authenticated"
            | "bad_message"
          )
        | null;
      /** Authentication Bits */
      authentication_bits: number;
      /** Corrected */
      corrected: number;
      /** Eavesdropper */
      eavesdropper: number;
      /** Efficiency */
      efficiency: number | null;
      error_rate: components["schemas"]["ErrorRate"] | null;
      /** Final Bits */
      final_bits: number;
      /** Leaked Bits */
      leaked_bits: number;
      /** Max Error Rate */
      max_error_rate: number;
      /** Message Bytes */
      message_bytes: number;
      /** Messages */
      messages: number;
      /** Noise */
      noise: number;
      /** Photons */
      photons: components["schemas"]["Photon"][];
      /** Pulses */
      pulses: number;
      /**
       * Purpose
       * @default demonstration
       * @constant
       */
      purpose: "demonstration";
      /** Sifted */
      sifted: number;
      /**
       * Simulated
       * @default true
       * @constant
       */
      simulated: true;
      /** Verification Bits */
      verification_bits: number;
    };
    /**
     * Bb84Started
     * @description `receipt` says where the random numbers of both parties and the eavesdropper came from.
     */
    Bb84Started: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      event: "started";
      receipt: components["schemas"]["EntropyReceipt"];
      signed: components["schemas"]["SignedDraw"] | null;
    };
    /**
     * Bound
     * @description An access token that carries the device.
     */
    Bound: {
      /** Access Token */
      access_token: string;
      /**
       * Device Id
       * Format: uuid
       */
      device_id: string;
      /** Expires In */
      expires_in: number;
    };
    /**
     * BrowserRegistration
     * @description From the web client: the password stays there, keys come sealed.
     */
    BrowserRegistration: {
      /**
       * Auth Secret
       * Format: base64url
       */
      auth_secret: string;
      /** Email */
      email: string;
      /**
       * Identity Public Key
       * Format: base64url
       */
      identity_public_key: string;
      /**
       * Recovery Auth Secret
       * Format: base64url
       */
      recovery_auth_secret: string;
      /**
       * Salt
       * Format: base64url
       */
      salt: string;
      /**
       * Token Transport
       * @default body
       * @enum {string}
       */
      token_transport?: "body" | "cookie";
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
      /** Username */
      username: string;
      /**
       * Vault
       * Format: base64url
       */
      vault: string;
      wraps: components["schemas"]["Wraps"];
    };
    /** Challenge */
    Challenge: {
      /** Challenge */
      challenge: string;
      /** Expires In */
      expires_in: number;
    };
    /** ChallengeAnswer */
    ChallengeAnswer: {
      /** Challenge */
      challenge: string;
      /**
       * Challenge Signature
       * Format: base64url
       */
      challenge_signature: string;
    };
    /**
     * Changed
     * @description `vault_version` is null for an account without a vault.
     */
    Changed: {
      /** Vault Version */
      vault_version: number | null;
      /** Warnings */
      warnings: string[];
    };
    /** ClaimedPackage */
    ClaimedPackage: {
      /**
       * Device Id
       * Format: uuid
       */
      device_id: string;
      /**
       * Key Package
       * Format: base64url
       */
      key_package: string;
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /** ClaimedPackages */
    ClaimedPackages: {
      /** Items */
      items: components["schemas"]["ClaimedPackage"][];
    };
    /**
     * ClaimOptions
     * @description `generation`: for founding the next group of a conversation that has one; of a room as it was in this `epoch`.
     */
    ClaimOptions: {
      /** Epoch */
      epoch?: number | null;
      /** Generation */
      generation?: number | null;
    };
    ClientFrame:
      | components["schemas"]["Hello"]
      | components["schemas"]["MessageSendFrame"]
      | components["schemas"]["MessageAckFromClient"]
      | components["schemas"]["TypingFromClient"]
      | components["schemas"]["FreshToken"]
      | components["schemas"]["Ping"];
    /** CommitPost */
    CommitPost: {
      /**
       * Client Id
       * Format: uuid
       */
      client_id: string;
      /**
       * Commit
       * Format: base64url
       */
      commit: string;
      contribution?: components["schemas"]["Contribution"] | null;
      /** Epoch */
      epoch: number;
      /** Generation */
      generation: number;
      /**
       * Welcomes
       * @default []
       */
      welcomes?: string[];
    };
    /** ConnectionAccepted */
    ConnectionAccepted: {
      /** At */
      at: string;
      /** Cursor */
      cursor: number;
      /** Own Key Hash */
      own_key_hash: string | null;
      peer: components["schemas"]["Peer"];
      /** Peer Key Hash */
      peer_key_hash: string | null;
      /** Request Id */
      request_id: string | null;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "connection_accepted";
    };
    /** ConnectionChanged */
    ConnectionChanged: {
      /** At */
      at: string;
      /** Cursor */
      cursor: number;
      peer: components["schemas"]["Peer"];
      /** Request Id */
      request_id: string | null;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "connection_blocked" | "connection_rejected" | "connection_removed" | "connection_unblocked";
    };
    /**
     * ConnectionItem
     * @description The keys as the other person named them, asking or answering (P3.2).
     *
     *     `id`, `connected_at` and the keys are null for a person who is blocked without being connected.
     */
    ConnectionItem: {
      /** Blocked */
      blocked: boolean;
      /** Connected At */
      connected_at: string | null;
      /** Id */
      id: string | null;
      /** Own Key Hash */
      own_key_hash: string | null;
      peer: components["schemas"]["Peer"];
      /** Peer Key Hash */
      peer_key_hash: string | null;
    };
    /** ConnectionRequest */
    ConnectionRequest: {
      /** Own Key Hash */
      own_key_hash?: string | null;
      /** Peer Key Hash */
      peer_key_hash?: string | null;
      /** User Id */
      user_id?: string | null;
      /** Username */
      username?: string | null;
    };
    /** ConnectionRequested */
    ConnectionRequested: {
      /** Cursor */
      cursor: number;
      request: components["schemas"]["PendingRequest"];
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "connection_request";
    };
    /** ConnectionResponse */
    ConnectionResponse: {
      /** Accept */
      accept: boolean;
      /** Own Key Hash */
      own_key_hash?: string | null;
      /** Peer Key Hash */
      peer_key_hash?: string | null;
      /**
       * Request Id
       * Format: uuid
       */
      request_id: string;
    };
    /** Connections */
    Connections: {
      /** Items */
      items: components["schemas"]["ConnectionItem"][];
    };
    /** Contribution */
    Contribution: {
      /**
       * Signature
       * Format: base64url
       */
      signature: string;
      /**
       * Transcript
       * Format: base64url
       */
      transcript: string;
    };
    /** ContributionAnswer */
    ContributionAnswer: {
      /**
       * Contribution Id
       * Format: base64url
       */
      contribution_id: string;
      /**
       * Signature
       * Format: base64url
       */
      signature: string;
      /**
       * Transcript
       * Format: base64url
       */
      transcript: string;
    };
    /** ContributionRequest */
    ContributionRequest: {
      /** Epoch */
      epoch: number;
      /** Generation */
      generation: number;
      /**
       * Nonce
       * Format: base64url
       */
      nonce: string;
      /**
       * Purpose
       * @enum {string}
       */
      purpose: "found" | "rotate";
      /** Recipients */
      recipients: components["schemas"]["RecipientChoice"][];
      /**
       * Require
       * @default any
       * @enum {string}
       */
      require?: "any" | "hardware";
    };
    /**
     * CriticalReceipt
     * @description The notary's word on a critical message (PROTOCOL.md 8.2).
     */
    CriticalReceipt: {
      /**
       * Signature
       * Format: base64url
       */
      signature: string;
      /**
       * Statement
       * Format: base64url
       */
      statement: string;
    };
    /**
     * DatabaseHealth
     * @description `read_only`: what is there can be read, and nothing new is kept (full, or locked by somebody else).
     */
    DatabaseHealth: {
      /**
       * Kind
       * @enum {string}
       */
      kind: "sqlite" | "postgresql";
      /**
       * Status
       * @enum {string}
       */
      status: "ok" | "read_only" | "unavailable";
    };
    /** DeliveredUpTo */
    DeliveredUpTo: {
      /** Seq */
      seq: number;
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /** DeviceAdded */
    DeviceAdded: {
      /** Access Token */
      access_token: string;
      /**
       * Device Id
       * Format: uuid
       */
      device_id: string;
      /** Expires In */
      expires_in: number;
      /** List Version */
      list_version: number;
    };
    /**
     * EntropyPart
     * @description What one source gave to the seed of the generator; a simulator is credited zero bits.
     */
    EntropyPart: {
      /** Backend */
      backend: string;
      /** Credited Bits */
      credited_bits: number;
      /** Dropped Emitters */
      dropped_emitters: number[];
      figures: components["schemas"]["HealthFigures"];
      /** Job Id */
      job_id: string;
      /** Simulated */
      simulated: boolean;
      /** Source */
      source: string;
      /** Taken At */
      taken_at: string;
    };
    /**
     * EntropyReceipt
     * @description Where the randomness of one draw came from: the operating system always, and what `parts` names.
     */
    EntropyReceipt: {
      /** Absent */
      absent: components["schemas"]["AbsentSource"][];
      /** Credited Bits */
      credited_bits: number;
      /** Drawn At */
      drawn_at: string;
      /** Parts */
      parts: components["schemas"]["EntropyPart"][];
      /** Quantum Contributed */
      quantum_contributed: boolean;
      /** Reseeded At */
      reseeded_at: string;
      /** Simulated */
      simulated: boolean;
      /** Sources */
      sources: string[];
    };
    /** ErrorFrame */
    ErrorFrame: {
      /** Client Id */
      client_id: string | null;
      /** Code */
      code: string;
      /** Details */
      details: {
        [key: string]: unknown;
      };
      /** Message */
      message: string;
      /** Retry After */
      retry_after: number | null;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "error";
    };
    /**
     * ErrorRate
     * @description Of a sample: errors among bits, and Wilson's interval at 95 % for the rate behind it.
     */
    ErrorRate: {
      /** Bits */
      bits: number;
      /** Errors */
      errors: number;
      /** High */
      high: number;
      /** Low */
      low: number;
      /** Rate */
      rate: number;
    };
    /** FreshToken */
    FreshToken: {
      /** Token */
      token: string;
      /**
       * Type
       * @constant
       */
      type: "token";
    };
    /**
     * GenerationPost
     * @description The statement that begins a new group, signed, and its first commit.
     */
    GenerationPost: {
      /**
       * Client Id
       * Format: uuid
       */
      client_id: string;
      founding: components["schemas"]["CommitPost"];
      /**
       * Signature
       * Format: base64url
       */
      signature: string;
      /**
       * Statement
       * Format: base64url
       */
      statement: string;
    };
    /** Health */
    Health: {
      database: components["schemas"]["DatabaseHealth"];
      /**
       * Notary
       * @enum {string}
       */
      notary: "ready" | "pending" | "notary_unavailable";
      quantum_service: components["schemas"]["QuantumServiceHealth"];
      /**
       * Status
       * @enum {string}
       */
      status: "ok" | "degraded";
      /** Version */
      version: string;
    };
    /**
     * HealthFigures
     * @description SP 800-90B: each continuous test's worst statistic and cutoff, and the lowest estimates, in bits per bit.
     */
    HealthFigures: {
      /** Estimate Cutoff */
      estimate_cutoff: number;
      /** Highest Proportion */
      highest_proportion: number;
      /** Longest Run */
      longest_run: number;
      /** Markov */
      markov: number;
      /** Most Common Value */
      most_common_value: number;
      /** Proportion Cutoff */
      proportion_cutoff: number;
      /** Repetition Cutoff */
      repetition_cutoff: number;
    };
    /** Hello */
    Hello: {
      /** Cursors */
      cursors: {
        [key: string]: number;
      };
      /** Event Cursor */
      event_cursor: number | null;
      /** Token */
      token: string;
      /**
       * Type
       * @constant
       */
      type: "hello";
      /**
       * Visible
       * @default true
       */
      visible?: boolean;
    };
    /** HelloOk */
    HelloOk: {
      /**
       * Device Id
       * Format: uuid
       */
      device_id: string;
      /** Event Cursor */
      event_cursor: number;
      /** Heartbeat Seconds */
      heartbeat_seconds: number;
      /** Online */
      online: string[];
      /** Resync */
      resync: boolean;
      /** Time */
      time: string;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "hello_ok";
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /** HTTPValidationError */
    HTTPValidationError: {
      /** Detail */
      detail?: components["schemas"]["ValidationError"][];
    };
    /** Invitee */
    Invitee: {
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /** Inviter */
    Inviter: {
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Username */
      username: string;
    };
    /**
     * Joining
     * @description Somebody who waits to be let in, for those who may do it.
     */
    Joining: {
      /** Created At */
      created_at: string;
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
      /** Username */
      username: string;
    };
    /** JoinList */
    JoinList: {
      /** Items */
      items: components["schemas"]["JoinView"][];
    };
    /**
     * JoinPost
     * @description What the joiner signed with the link's key, and the key package with which their device is to be added.
     */
    JoinPost: {
      /**
       * Key Package
       * Format: base64url
       */
      key_package: string;
      /**
       * Signature
       * Format: base64url
       */
      signature: string;
      /**
       * Statement
       * Format: base64url
       */
      statement: string;
    };
    /** JoinUpdated */
    JoinUpdated: {
      /** Cursor */
      cursor: number;
      join: components["schemas"]["JoinView"];
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "join_updated";
    };
    /**
     * JoinView
     * @description One's own request. `over`: let in, or withdrawn.
     */
    JoinView: {
      /** Created At */
      created_at: string;
      /** Expires At */
      expires_at: string;
      inviter: components["schemas"]["Inviter"];
      /**
       * Room Id
       * Format: uuid
       */
      room_id: string;
      /**
       * State
       * @enum {string}
       */
      state: "waiting" | "declined" | "over";
    };
    /** KeyChange */
    KeyChange: {
      /** Cursor */
      cursor: number;
      /** List Version */
      list_version: number;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "key_change";
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /** KeyPackageStock */
    KeyPackageStock: {
      /** Count */
      count: number;
      /** Has Last Resort */
      has_last_resort: boolean;
      /** Time */
      time: string;
    };
    /** KeyPackageUpload */
    KeyPackageUpload: {
      /** Key Packages */
      key_packages: string[];
      /** Last Resort */
      last_resort?: string | null;
      /**
       * Replace
       * @default false
       */
      replace?: boolean;
    };
    /** KeysAsked */
    KeysAsked: {
      /**
       * Replaced
       * @default false
       */
      replaced?: boolean;
      /** Since */
      since: {
        [key: string]: number;
      };
    };
    /** KeysOfMany */
    KeysOfMany: {
      /** Items */
      items: components["schemas"]["AccountKeys"][];
    };
    /**
     * LastWord
     * @description A member's last message, sealed in `epoch` under `client_id`.
     */
    LastWord: {
      /**
       * Client Id
       * Format: uuid
       */
      client_id: string;
      /** Epoch */
      epoch: number;
      /**
       * Message
       * Format: base64url
       */
      message: string;
    };
    /**
     * Limits
     * @description Sizes in bytes, counts in items.
     */
    Limits: {
      /** Attachment Bytes */
      attachment_bytes: number;
      /** Attachment Chunk Bytes */
      attachment_chunk_bytes: number;
      /** Frame Bytes */
      frame_bytes: number;
      /** Key Package Batch */
      key_package_batch: number;
      /** Message Bytes */
      message_bytes: number;
      /** Page Rows */
      page_rows: number;
    };
    /**
     * LinkPost
     * @description A link that the next commit takes up into the policy; `sealed_key` opens with its seed alone.
     */
    LinkPost: {
      /**
       * Link Id
       * Format: uuid
       */
      link_id: string;
      /**
       * Sealed Key
       * Format: base64url
       */
      sealed_key: string;
    };
    /**
     * LinkView
     * @description What a link leads to, for whoever holds it and may come in.
     */
    LinkView: {
      /** Approval */
      approval: boolean;
      /** Expires At */
      expires_at: string;
      /** Generation */
      generation: number;
      inviter: components["schemas"]["Inviter"];
      /**
       * Link Id
       * Format: uuid
       */
      link_id: string;
      /**
       * Public Key
       * Format: base64url
       */
      public_key: string;
      /**
       * Room Id
       * Format: uuid
       */
      room_id: string;
      /**
       * Sealed Key
       * Format: base64url
       */
      sealed_key: string;
    };
    /** LogHead */
    LogHead: {
      /**
       * Chain
       * Format: base64url
       */
      chain: string;
      /** Epoch */
      epoch: number;
      /** Generation */
      generation: number;
      /** Seq */
      seq: number;
    };
    /** LoginParameters */
    LoginParameters: {
      /**
       * Algorithm
       * @default argon2id
       * @constant
       */
      algorithm: "argon2id";
      /**
       * Iterations
       * @default 3
       */
      iterations: number;
      /**
       * Memory Kib
       * @default 65536
       */
      memory_kib: number;
      /**
       * Parallelism
       * @default 1
       */
      parallelism: number;
      /**
       * Salt
       * Format: base64url
       */
      salt: string;
      /** Server Name */
      server_name: string;
    };
    /**
     * LoginRequest
     * @description `username` may be the e-mail address.
     */
    LoginRequest: {
      /** Auth Secret */
      auth_secret?: string | null;
      /** Password */
      password?: string | null;
      /**
       * Token Transport
       * @default body
       * @enum {string}
       */
      token_transport?: "body" | "cookie";
      /** Username */
      username: string;
    };
    /** LogPage */
    LogPage: {
      head: components["schemas"]["LogHead"];
      /** Items */
      items: components["schemas"]["LogRow"][];
    };
    /** LogRow */
    LogRow: {
      /**
       * Body Hash
       * Format: base64url
       */
      body_hash: string;
      /**
       * Chain
       * Format: base64url
       */
      chain: string;
      /**
       * Client Id
       * Format: uuid
       */
      client_id: string;
      /** Content */
      content: string | null;
      contribution: components["schemas"]["Contribution"] | null;
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /** Epoch */
      epoch: number;
      /** Generation */
      generation: number;
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /**
       * Kind
       * @enum {string}
       */
      kind: "message" | "terminate" | "leave" | "commit" | "generation";
      /** Message Type */
      message_type: ("secured" | "critical") | null;
      /**
       * Previous Chain
       * Format: base64url
       */
      previous_chain: string;
      receipt: components["schemas"]["CriticalReceipt"] | null;
      /**
       * Sender Device Id
       * Format: uuid
       */
      sender_device_id: string;
      /**
       * Sender Id
       * Format: uuid
       */
      sender_id: string;
      /**
       * Sender Tag
       * Format: base64url
       */
      sender_tag: string;
      /** Seq */
      seq: number;
      /**
       * Session Id
       * Format: uuid
       */
      session_id: string;
      /** Signature Ecdsa */
      signature_ecdsa: string | null;
      /** Signature Falcon */
      signature_falcon: string | null;
      /** Timestamp */
      timestamp: string;
      /** Verified */
      verified: true | null;
      /** Welcomes */
      welcomes: string[] | null;
    };
    /**
     * LostDeviceView
     * @description A device that asked to be added to the group (again), in its own signed words.
     */
    LostDeviceView: {
      /**
       * Device Id
       * Format: uuid
       */
      device_id: string;
      /**
       * Signature
       * Format: base64url
       */
      signature: string;
      /**
       * Statement
       * Format: base64url
       */
      statement: string;
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /**
     * LostStatePost
     * @description What a device says when it cannot go on, and the key package with which it can be added again.
     */
    LostStatePost: {
      /**
       * Key Package
       * Format: base64url
       */
      key_package: string;
      /**
       * Signature
       * Format: base64url
       */
      signature: string;
      /**
       * Statement
       * Format: base64url
       */
      statement: string;
    };
    /** Me */
    Me: {
      /** Created At */
      created_at: string;
      /** Device Id */
      device_id: string | null;
      /** Email */
      email: string;
      /** Has Vault */
      has_vault: boolean;
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Identity Public Key */
      identity_public_key: string | null;
      /**
       * Password Origin
       * @enum {string}
       */
      password_origin: "browser" | "api";
      /** Username */
      username: string;
    };
    /** MeChange */
    MeChange: {
      /** Auth Secret */
      auth_secret?: string | null;
      /** Email */
      email: string;
      /** Password */
      password?: string | null;
    };
    /**
     * MemberDevice
     * @description A device in the group.
     */
    MemberDevice: {
      /**
       * Device Id
       * Format: uuid
       */
      device_id: string;
      /** Joined Seq */
      joined_seq: number;
      /**
       * Sender Tag
       * Format: base64url
       */
      sender_tag: string;
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /** MessageAck */
    MessageAck: {
      /**
       * Chain
       * Format: base64url
       */
      chain: string;
      /**
       * Client Id
       * Format: uuid
       */
      client_id: string;
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /** Epoch */
      epoch: number;
      /** Generation */
      generation: number;
      /**
       * Previous Chain
       * Format: base64url
       */
      previous_chain: string;
      receipt: components["schemas"]["CriticalReceipt"] | null;
      /** Seq */
      seq: number;
      /** Time */
      time: string;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "message_ack";
    };
    /**
     * MessageAckFromClient
     * @description Everything up to `seq` is decrypted and stored on this device.
     */
    MessageAckFromClient: {
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /** Seq */
      seq: number;
      /**
       * Type
       * @constant
       */
      type: "message_ack";
    };
    /** MessageReceive */
    MessageReceive: {
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /** Head Seq */
      head_seq: number;
      /** Rows */
      rows: components["schemas"]["LogRow"][];
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "message_receive";
    };
    /** MessageSend */
    MessageSend: {
      /**
       * Attachments
       * @default []
       */
      attachments?: string[];
      /**
       * Client Id
       * Format: uuid
       */
      client_id: string;
      /**
       * Content
       * Format: base64url
       */
      content: string;
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /**
       * Message Type
       * @default secured
       * @enum {string}
       */
      message_type?: "secured" | "critical";
      /** Signature Ecdsa */
      signature_ecdsa?: string | null;
      /** Signature Falcon */
      signature_falcon?: string | null;
    };
    /** MessageSendFrame */
    MessageSendFrame: {
      /**
       * Attachments
       * @default []
       */
      attachments?: string[];
      /**
       * Client Id
       * Format: uuid
       */
      client_id: string;
      /**
       * Content
       * Format: base64url
       */
      content: string;
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /**
       * Message Type
       * @default secured
       * @enum {string}
       */
      message_type?: "secured" | "critical";
      /**
       * Signature Ecdsa
       * @default null
       */
      signature_ecdsa?: string | null;
      /**
       * Signature Falcon
       * @default null
       */
      signature_falcon?: string | null;
      /**
       * Type
       * @constant
       */
      type: "message_send";
    };
    /** MlKemKeyTaken */
    MlKemKeyTaken: {
      /** Number */
      number: number;
      /** Time */
      time: string;
    };
    /**
     * NewAttachment
     * @description The client makes the id, so that a repeated call makes nothing twice. `size` is that of the ciphertext.
     */
    NewAttachment: {
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Size */
      size: number;
    };
    /** NewDevice */
    NewDevice: {
      /**
       * Certificate
       * Format: base64url
       */
      certificate: string;
      /**
       * Certificate Signature
       * Format: base64url
       */
      certificate_signature: string;
      /** Challenge */
      challenge: string;
      /**
       * Challenge Signature
       * Format: base64url
       */
      challenge_signature: string;
      /**
       * Device Id
       * Format: uuid
       */
      device_id: string;
      /**
       * List
       * Format: base64url
       */
      list: string;
      /**
       * List Signature
       * Format: base64url
       */
      list_signature: string;
      ml_kem: components["schemas"]["SignedMlKemKey"];
    };
    /** NewSession */
    NewSession: {
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /** NotaryKeys */
    NotaryKeys: {
      establish: components["schemas"]["PublicNotaryKey"] | null;
      receipt: components["schemas"]["PublicNotaryKey"] | null;
    };
    /** OwnDevice */
    OwnDevice: {
      /** Created At */
      created_at: string;
      /** Current */
      current: boolean;
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Last Seen At */
      last_seen_at: string;
      /** Revoked At */
      revoked_at: string | null;
    };
    /** OwnDevices */
    OwnDevices: {
      /** Items */
      items: components["schemas"]["OwnDevice"][];
      /** List Version */
      list_version: number;
    };
    /** OwnSignIns */
    OwnSignIns: {
      /** Items */
      items: components["schemas"]["SignInItem"][];
    };
    /**
     * PasswordChange
     * @description From the web client: the next vault, its key wrapped anew. With a recovery token there is no `auth_secret`.
     */
    PasswordChange: {
      /** Auth Secret */
      auth_secret?: string | null;
      /**
       * New Auth Secret
       * Format: base64url
       */
      new_auth_secret: string;
      /**
       * Salt
       * Format: base64url
       */
      salt: string;
      /**
       * Vault
       * Format: base64url
       */
      vault: string;
      /**
       * Wrap
       * Format: base64url
       */
      wrap: string;
    };
    /** Peer */
    Peer: {
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Username */
      username: string;
    };
    /**
     * PendingRequest
     * @description The keys as the asking side named them.
     */
    PendingRequest: {
      /** Created At */
      created_at: string;
      /**
       * Direction
       * @enum {string}
       */
      direction: "in" | "out";
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Own Key Hash */
      own_key_hash: string | null;
      peer: components["schemas"]["Peer"];
      /** Peer Key Hash */
      peer_key_hash: string | null;
    };
    /** PendingRequests */
    PendingRequests: {
      /** Items */
      items: components["schemas"]["PendingRequest"][];
    };
    /** People */
    People: {
      /** Items */
      items: components["schemas"]["Person"][];
      /** Next */
      next: string | null;
    };
    /** Person */
    Person: {
      /**
       * Connection
       * @enum {string}
       */
      connection: "none" | "pending_out" | "pending_in" | "connected";
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Online */
      online: boolean;
      /** Username */
      username: string;
    };
    /**
     * Photon
     * @description One of the first photons; `compared` are the sifted ones whose bits were shown to estimate the error rate.
     */
    Photon: {
      /** Agree */
      agree: boolean;
      /**
       * Alice Basis
       * @enum {string}
       */
      alice_basis: "Z" | "X";
      /** Alice Bit */
      alice_bit: number;
      /**
       * Bob Basis
       * @enum {string}
       */
      bob_basis: "Z" | "X";
      /** Bob Bit */
      bob_bit: number;
      /** Compared */
      compared: boolean;
      /** Eve Basis */
      eve_basis: ("Z" | "X") | null;
      /** Eve Bit */
      eve_bit: number | null;
    };
    /** Ping */
    Ping: {
      /**
       * Type
       * @constant
       */
      type: "ping";
    };
    /** PinsChanged */
    PinsChanged: {
      /** Cursor */
      cursor: number;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "pins_changed";
      /** Version */
      version: number;
    };
    /** Poll */
    Poll: {
      /** Cursors */
      cursors: {
        [key: string]: number;
      };
      /** Delivered */
      delivered: {
        [key: string]: number;
      };
      /** Event Cursor */
      event_cursor: number | null;
      /**
       * Line
       * Format: uuid
       */
      line: string;
      /** Opening */
      opening: boolean;
      /**
       * Visible
       * @default true
       */
      visible?: boolean;
    };
    /** PollAnswer */
    PollAnswer: {
      /** Frames */
      frames: (
        | components["schemas"]["HelloOk"]
        | components["schemas"]["MessageAck"]
        | components["schemas"]["MessageReceive"]
        | components["schemas"]["ErrorFrame"]
        | components["schemas"]["TokenOk"]
        | components["schemas"]["Pong"]
        | components["schemas"]["ReceiptFrame"]
        | components["schemas"]["Seen"]
        | components["schemas"]["Typing"]
        | components["schemas"]["Presence"]
        | components["schemas"]["QuantumStatus"]
        | components["schemas"]["SignedOut"]
        | components["schemas"]["ConnectionRequested"]
        | components["schemas"]["ConnectionAccepted"]
        | components["schemas"]["ConnectionChanged"]
        | components["schemas"]["SessionChanged"]
        | components["schemas"]["RoomChanged"]
        | components["schemas"]["JoinUpdated"]
        | components["schemas"]["RotateRequested"]
        | components["schemas"]["KeyChange"]
        | components["schemas"]["ReadElsewhere"]
        | components["schemas"]["PinsChanged"]
      )[];
      /** More */
      more: boolean;
    };
    /** Pong */
    Pong: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "pong";
    };
    /** PoolState */
    PoolState: {
      /**
       * Mode
       * @enum {string}
       */
      mode: "quantum-mixed" | "os-only";
      /** Reseeded At */
      reseeded_at: string;
      /** Sources */
      sources: components["schemas"]["SourceState"][];
    };
    /** Presence */
    Presence: {
      /** Online */
      online: boolean;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "presence";
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /** PublicConfig */
    PublicConfig: {
      /**
       * Environment
       * @enum {string}
       */
      environment: "development" | "production";
      limits: components["schemas"]["Limits"];
      notary_keys: components["schemas"]["NotaryKeys"];
      /**
       * Quantum Service
       * @enum {string}
       */
      quantum_service: "ok" | "unavailable";
      /** Server Name */
      server_name: string;
      /** Suites */
      suites: string[];
      /** Version */
      version: string;
      /** Websocket */
      websocket: boolean;
    };
    /** PublicNotaryKey */
    PublicNotaryKey: {
      /** Number */
      number: number;
      /**
       * Public Key
       * Format: base64url
       */
      public_key: string;
      /** Suite */
      suite: string;
    };
    /**
     * PublishedDevice
     * @description A device as others see it; `ml_kem` is its newest key, `replaced_ml_kem` the others, if they were asked for.
     */
    PublishedDevice: {
      /**
       * Certificate
       * Format: base64url
       */
      certificate: string;
      /**
       * Certificate Signature
       * Format: base64url
       */
      certificate_signature: string;
      /**
       * Id
       * Format: uuid
       */
      id: string;
      ml_kem: components["schemas"]["SignedMlKemKey"] | null;
      /** Replaced Ml Kem */
      replaced_ml_kem: components["schemas"]["SignedMlKemKey"][];
      /** Revoked */
      revoked: boolean;
    };
    /**
     * QuantumServiceHealth
     * @description As last seen; `url_set`: whether its address was configured or is the default.
     */
    QuantumServiceHealth: {
      entropy: components["schemas"]["PoolState"] | null;
      /** Providers */
      providers: {
        [key: string]: string;
      } | null;
      /**
       * Status
       * @enum {string}
       */
      status: "ok" | "degraded" | "unavailable";
      /** Url Set */
      url_set: boolean;
    };
    /** QuantumStatus */
    QuantumStatus: {
      /** Available */
      available: boolean;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "quantum_status";
    };
    /**
     * RawPasswordChange
     * @description From `curl`, for an account that has no vault yet.
     */
    RawPasswordChange: {
      /**
       * New Password
       * Format: password
       */
      new_password: string;
      /**
       * Password
       * Format: password
       */
      password: string;
    };
    /**
     * RawRegistration
     * @description From `curl` and scripts: the account makes its keys at its first browser sign-in.
     */
    RawRegistration: {
      /** Email */
      email: string;
      /**
       * Password
       * Format: password
       */
      password: string;
      /**
       * Token Transport
       * @default body
       * @enum {string}
       */
      token_transport?: "body" | "cookie";
      /** Username */
      username: string;
    };
    /**
     * RawSample
     * @description The newest raw bits of a source that were set aside to be shown: nothing that is drawn depends on them.
     *
     *     `bits` are those of one emitter (qubit) after the other, as many of each; `alarm` is the test that their block
     *     failed.
     */
    RawSample: {
      /** Alarm */
      alarm: string | null;
      /** Backend */
      backend: string;
      /**
       * Bits
       * Format: base64url
       */
      bits: string;
      /** Emitters */
      emitters: number;
      /** Job Id */
      job_id: string;
      /** Simulated */
      simulated: boolean;
      /** Source */
      source: string;
      /** Taken At */
      taken_at: string;
    };
    /** RawSamples */
    RawSamples: {
      /** Items */
      items: components["schemas"]["RawSample"][];
    };
    /** ReadElsewhere */
    ReadElsewhere: {
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /** Cursor */
      cursor: number;
      /** Seq */
      seq: number;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "read";
    };
    /** ReadMark */
    ReadMark: {
      /** Seq */
      seq: number;
      /**
       * Shown
       * @default false
       */
      shown?: boolean;
    };
    /** ReceiptFrame */
    ReceiptFrame: {
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /** Seq */
      seq: number;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "receipt";
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /** RecipientChoice */
    RecipientChoice: {
      /**
       * Device Id
       * Format: uuid
       */
      device_id: string;
      /** Number */
      number: number;
    };
    /**
     * RecoverRequest
     * @description `username` may be the e-mail address: nothing is derived from it here.
     */
    RecoverRequest: {
      /**
       * Recovery Auth Secret
       * Format: base64url
       */
      recovery_auth_secret: string;
      /** Username */
      username: string;
    };
    /**
     * Recovery
     * @description `recovery_token` goes where an access token would, to the vault and the password change and nowhere else.
     */
    Recovery: {
      /** Expires In */
      expires_in: number;
      /** Identity Public Key */
      identity_public_key: string | null;
      /** Recovery Token */
      recovery_token: string;
      /**
       * Token Type
       * @default bearer
       * @constant
       */
      token_type: "bearer";
      user: components["schemas"]["UserSummary"];
    };
    /**
     * RecoveryCodeChange
     * @description The next version of the vault, its key wrapped under another code as well.
     */
    RecoveryCodeChange: {
      /**
       * Auth Secret
       * Format: base64url
       */
      auth_secret: string;
      /**
       * Recovery Auth Secret
       * Format: base64url
       */
      recovery_auth_secret: string;
      /**
       * Vault
       * Format: base64url
       */
      vault: string;
      /**
       * Wrap
       * Format: base64url
       */
      wrap: string;
    };
    /** RefreshRequest */
    RefreshRequest: {
      /** Refresh Token */
      refresh_token?: string | null;
    };
    /** Registered */
    Registered: {
      /** Access Token */
      access_token: string;
      /** Expires In */
      expires_in: number;
      /** Refresh Token */
      refresh_token: string | null;
      /**
       * Sign In Id
       * Format: uuid
       */
      sign_in_id: string;
      /**
       * Token Type
       * @default bearer
       * @constant
       */
      token_type: "bearer";
      user: components["schemas"]["UserSummary"];
      /** Warnings */
      warnings: string[];
    };
    /** Requested */
    Requested: {
      /** Created At */
      created_at: string;
      /**
       * Id
       * Format: uuid
       */
      id: string;
      peer: components["schemas"]["Peer"];
      /**
       * State
       * @enum {string}
       */
      state: "pending" | "connected";
    };
    /** RequestList */
    RequestList: {
      /** Items */
      items: components["schemas"]["RequestView"][];
    };
    /**
     * RequestView
     * @description A request as whoever lets people in needs it.
     */
    RequestView: {
      /**
       * Device Id
       * Format: uuid
       */
      device_id: string;
      /**
       * Key Package
       * Format: base64url
       */
      key_package: string;
      /**
       * Signature
       * Format: base64url
       */
      signature: string;
      /**
       * Statement
       * Format: base64url
       */
      statement: string;
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /** Revocation */
    Revocation: {
      /**
       * List
       * Format: base64url
       */
      list: string;
      /**
       * List Signature
       * Format: base64url
       */
      list_signature: string;
    };
    /** RoomChanged */
    RoomChanged: {
      /** Cursor */
      cursor: number;
      room: components["schemas"]["RoomView"];
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "room_created" | "room_terminated" | "room_updated";
    };
    /** RoomList */
    RoomList: {
      /** Items */
      items: components["schemas"]["RoomView"][];
    };
    /** RoomPerson */
    RoomPerson: {
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /**
       * Role
       * @enum {string}
       */
      role: "member" | "moderator" | "owner";
      /** Username */
      username: string;
    };
    /**
     * RoomView
     * @description A room as one of its people sees it. Who has left sees it as it was then.
     */
    RoomView: {
      /**
       * Chain
       * Format: base64url
       */
      chain: string;
      /**
       * Chain 0
       * Format: base64url
       */
      chain_0: string;
      /** Created At */
      created_at: string;
      /**
       * Creator Id
       * Format: uuid
       */
      creator_id: string;
      /** Delivered */
      delivered: components["schemas"]["DeliveredUpTo"][];
      /** Epoch */
      epoch: number;
      /** Founder Device Id */
      founder_device_id: string | null;
      /** Generation */
      generation: number;
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Is Active */
      is_active: boolean;
      /** Joining */
      joining: components["schemas"]["Joining"][];
      /** Last Message At */
      last_message_at: string | null;
      /** Left */
      left: boolean;
      /** Lost */
      lost: components["schemas"]["LostDeviceView"][];
      /** Members */
      members: components["schemas"]["MemberDevice"][];
      /** Ml Kem Keys */
      ml_kem_keys: string[];
      /** My Read Seq */
      my_read_seq: number;
      /** People */
      people: components["schemas"]["RoomPerson"][];
      /** Policy */
      policy: string | null;
      /** Profile Hash */
      profile_hash: string | null;
      /** Seen */
      seen: components["schemas"]["SeenUpTo"][];
      /** Seq */
      seq: number;
      /**
       * State
       * @enum {string}
       */
      state: "establishing" | "active" | "terminated";
      /** Unread */
      unread: number;
    };
    /** RotateRequested */
    RotateRequested: {
      /** Cursor */
      cursor: number;
      /**
       * Session Id
       * Format: uuid
       */
      session_id: string;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "rotate_requested";
    };
    /** RotationAsked */
    RotationAsked: {
      /** Asked */
      asked: number;
    };
    /** RotationRequest */
    RotationRequest: {
      /** Session Id */
      session_id?: string | null;
    };
    /** SealedPins */
    SealedPins: {
      /**
       * Sealed
       * Format: base64url
       */
      sealed: string;
      /** Version */
      version: number;
    };
    /**
     * SealedWrap
     * @description A wrap keeps the vault version at which it was made: it is in its associated data.
     */
    SealedWrap: {
      /**
       * Sealed
       * Format: base64url
       */
      sealed: string;
      /** Version */
      version: number;
    };
    /**
     * Seen
     * @description An account lets the others know that it has read up to `seq`.
     */
    Seen: {
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /** Seq */
      seq: number;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "seen";
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /**
     * SeenUpTo
     * @description How far somebody has read, if they let others know.
     */
    SeenUpTo: {
      /** Seq */
      seq: number;
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    ServerFrame:
      | components["schemas"]["HelloOk"]
      | components["schemas"]["MessageAck"]
      | components["schemas"]["MessageReceive"]
      | components["schemas"]["ErrorFrame"]
      | components["schemas"]["TokenOk"]
      | components["schemas"]["Pong"]
      | components["schemas"]["ReceiptFrame"]
      | components["schemas"]["Seen"]
      | components["schemas"]["Typing"]
      | components["schemas"]["Presence"]
      | components["schemas"]["QuantumStatus"]
      | components["schemas"]["SignedOut"]
      | components["schemas"]["ConnectionRequested"]
      | components["schemas"]["ConnectionAccepted"]
      | components["schemas"]["ConnectionChanged"]
      | components["schemas"]["SessionChanged"]
      | components["schemas"]["RoomChanged"]
      | components["schemas"]["JoinUpdated"]
      | components["schemas"]["RotateRequested"]
      | components["schemas"]["KeyChange"]
      | components["schemas"]["ReadElsewhere"]
      | components["schemas"]["PinsChanged"];
    /** SessionChanged */
    SessionChanged: {
      /** Cursor */
      cursor: number;
      session: components["schemas"]["SessionView"];
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "session_created" | "session_terminated" | "session_updated";
    };
    /** SessionList */
    SessionList: {
      /** Items */
      items: components["schemas"]["SessionView"][];
    };
    /** SessionPeer */
    SessionPeer: {
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Username */
      username: string;
    };
    /**
     * SessionView
     * @description A session as one of its two people sees it. There is deliberately no key in it.
     */
    SessionView: {
      /**
       * Accepted By
       * Format: uuid
       */
      accepted_by: string;
      /**
       * Chain
       * Format: base64url
       */
      chain: string;
      /**
       * Chain 0
       * Format: base64url
       */
      chain_0: string;
      /** Closed By */
      closed_by: ("member" | "server") | null;
      /** Created At */
      created_at: string;
      /** Delivered */
      delivered: components["schemas"]["DeliveredUpTo"][];
      /** Epoch */
      epoch: number;
      /** Founder Device Id */
      founder_device_id: string | null;
      /** Generation */
      generation: number;
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Is Active */
      is_active: boolean;
      /** Last Message At */
      last_message_at: string | null;
      /** Lost */
      lost: components["schemas"]["LostDeviceView"][];
      /** Members */
      members: components["schemas"]["MemberDevice"][];
      /** Ml Kem Keys */
      ml_kem_keys: string[];
      /** My Read Seq */
      my_read_seq: number;
      peer: components["schemas"]["SessionPeer"];
      /** Seen */
      seen: components["schemas"]["SeenUpTo"][];
      /** Seq */
      seq: number;
      /**
       * State
       * @enum {string}
       */
      state: "waiting_for_devices" | "establishing" | "active" | "terminated";
      /** Unread */
      unread: number;
      /**
       * User1 Id
       * Format: uuid
       */
      user1_id: string;
      /**
       * User2 Id
       * Format: uuid
       */
      user2_id: string;
      /** Waiting For */
      waiting_for: string[];
    };
    /**
     * SignedDraw
     * @description `statement` holds the receipt and the hash of what was drawn, `signature` is the notary key's.
     */
    SignedDraw: {
      /**
       * Signature
       * Format: base64url
       */
      signature: string;
      /**
       * Statement
       * Format: base64url
       */
      statement: string;
    };
    /**
     * SignedIn
     * @description `refresh_token` is null when it went into the cookie.
     */
    SignedIn: {
      /** Access Token */
      access_token: string;
      /** Expires In */
      expires_in: number;
      /** Refresh Token */
      refresh_token: string | null;
      /**
       * Sign In Id
       * Format: uuid
       */
      sign_in_id: string;
      /**
       * Token Type
       * @default bearer
       * @constant
       */
      token_type: "bearer";
      user: components["schemas"]["UserSummary"];
    };
    /** SignedList */
    SignedList: {
      /**
       * Signature
       * Format: base64url
       */
      signature: string;
      /**
       * Statement
       * Format: base64url
       */
      statement: string;
      /** Version */
      version: number;
    };
    /** SignedMlKemKey */
    SignedMlKemKey: {
      /** Number */
      number: number;
      /**
       * Signature
       * Format: base64url
       */
      signature: string;
      /**
       * Statement
       * Format: base64url
       */
      statement: string;
    };
    /** SignedOut */
    SignedOut: {
      /** Reason */
      reason: ("signed_out" | "ended_elsewhere" | "password_changed" | "device_removed" | "refresh_reused") | null;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "signed_out";
    };
    /**
     * SignInItem
     * @description `device_id` is null for programs that have no keys.
     */
    SignInItem: {
      /** Created At */
      created_at: string;
      /** Current */
      current: boolean;
      /** Device Id */
      device_id: string | null;
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Last Used At */
      last_used_at: string;
    };
    /** SignInsEnded */
    SignInsEnded: {
      /** Ended */
      ended: number;
    };
    /**
     * SourceState
     * @description One source of the pool; credited bits are counted since the start.
     */
    SourceState: {
      /** Age Seconds */
      age_seconds: number | null;
      /** Alarms */
      alarms: number;
      /** Backend */
      backend: string | null;
      /** Capacity Bits */
      capacity_bits: number;
      /** Credited Bits Dropped */
      credited_bits_dropped: number;
      /** Credited Bits In */
      credited_bits_in: number;
      /** Credited Bits Out */
      credited_bits_out: number;
      /** Failures */
      failures: number;
      figures: components["schemas"]["HealthFigures"] | null;
      /** Filled Bits */
      filled_bits: number;
      /**
       * Health
       * @enum {string}
       */
      health: "starting" | "healthy" | "failed" | "alarmed";
      last_alarm: components["schemas"]["Alarm"] | null;
      /** Last Failure */
      last_failure: string | null;
      /** Name */
      name: string;
      /** Quantum */
      quantum: boolean;
      /** Simulated */
      simulated: boolean;
    };
    /** StoredVault */
    StoredVault: {
      /** Updated At */
      updated_at: string;
      /**
       * Vault
       * Format: base64url
       */
      vault: string;
      /** Version */
      version: number;
      wraps: components["schemas"]["StoredWraps"];
    };
    /** StoredWraps */
    StoredWraps: {
      password: components["schemas"]["SealedWrap"];
      recovery: components["schemas"]["SealedWrap"];
    };
    /**
     * Termination
     * @description With a group, `message` is the member's last message, sealed in `epoch` under `client_id`.
     */
    Termination: {
      /** Client Id */
      client_id?: string | null;
      /** Epoch */
      epoch?: number | null;
      /** Message */
      message?: string | null;
      /** Session Id */
      session_id?: string | null;
    };
    /** TokenOk */
    TokenOk: {
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "token_ok";
    };
    /** Typing */
    Typing: {
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      type: "typing_start" | "typing_stop";
      /**
       * User Id
       * Format: uuid
       */
      user_id: string;
    };
    /**
     * TypingFromClient
     * @description Passed on to who reads the conversation now, and kept nowhere.
     */
    TypingFromClient: {
      /**
       * Conversation Id
       * Format: uuid
       */
      conversation_id: string;
      /**
       * Type
       * @enum {string}
       */
      type: "typing_start" | "typing_stop";
    };
    /**
     * UserSummary
     * @description An account as its owner sees it after signing in.
     */
    UserSummary: {
      /** Created At */
      created_at: string;
      /** Email */
      email: string;
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Username */
      username: string;
    };
    /** ValidationError */
    ValidationError: {
      /** Context */
      ctx?: Record<string, never>;
      /** Input */
      input?: unknown;
      /** Location */
      loc: (string | number)[];
      /** Message */
      msg: string;
      /** Error Type */
      type: string;
    };
    /**
     * VaultCompletion
     * @description The first vault of an account that was made by `curl`; optionally with a password that the server never saw.
     */
    VaultCompletion: {
      /**
       * Auth Secret
       * Format: base64url
       */
      auth_secret: string;
      /**
       * Identity Public Key
       * Format: base64url
       */
      identity_public_key: string;
      /** New Auth Secret */
      new_auth_secret?: string | null;
      /**
       * Recovery Auth Secret
       * Format: base64url
       */
      recovery_auth_secret: string;
      /** Salt */
      salt?: string | null;
      /**
       * Vault
       * Format: base64url
       */
      vault: string;
      wraps: components["schemas"]["Wraps"];
    };
    /**
     * VaultRewrite
     * @description The next version of the vault under the same vault key.
     */
    VaultRewrite: {
      /**
       * Auth Secret
       * Format: base64url
       */
      auth_secret: string;
      /**
       * Vault
       * Format: base64url
       */
      vault: string;
    };
    /**
     * Wraps
     * @description The vault key under both ways in.
     */
    Wraps: {
      /**
       * Password
       * Format: base64url
       */
      password: string;
      /**
       * Recovery
       * Format: base64url
       */
      recovery: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  create_api_attachments_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["NewAttachment"];
      };
    };
    responses: {
      /** @description Successful Response */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["AttachmentState"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  read_state_api_attachments__attachment_id__get: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        attachment_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["AttachmentState"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  delete_api_attachments__attachment_id__delete: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        attachment_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  read_chunk_api_attachments__attachment_id__chunks__number__get: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        attachment_id: string;
        number: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/octet-stream": string;
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  put_chunk_api_attachments__attachment_id__chunks__number__put: {
    parameters: {
      query?: never;
      header: {
        /** @description RFC 9530, sha-256 alone */
        "content-digest": string;
      };
      path: {
        attachment_id: string;
        number: number;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/octet-stream": string;
      };
    };
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  complete_api_attachments__attachment_id__complete_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        attachment_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["AttachmentState"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  config_api_config_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["PublicConfig"];
        };
      };
    };
  };
  pending_api_connection_pending_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["PendingRequests"];
        };
      };
    };
  };
  request_connection_api_connection_request_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ConnectionRequest"];
      };
    };
    responses: {
      /** @description Successful Response */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Requested"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  respond_api_connection_respond_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ConnectionResponse"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Answered"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  connections_api_connections_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Connections"];
        };
      };
    };
  };
  remove_api_connections__user_id__delete: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        user_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  block_api_connections__user_id__block_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        user_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  unblock_api_connections__user_id__block_delete: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        user_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  post_commit_api_conversations__conversation_id__commits_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        conversation_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["CommitPost"];
      };
    };
    responses: {
      /** @description Successful Response */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Acknowledgement"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  draw_contribution_api_conversations__conversation_id__contributions_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        conversation_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ContributionRequest"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ContributionAnswer"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  begin_generation_api_conversations__conversation_id__generations_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        conversation_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["GenerationPost"];
      };
    };
    responses: {
      /** @description Successful Response */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Acknowledgement"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  claim_key_packages_api_conversations__conversation_id__key_packages_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        conversation_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ClaimOptions"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ClaimedPackages"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  ask_to_be_added_api_conversations__conversation_id__lost_state_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        conversation_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["LostStatePost"];
      };
    };
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  mark_read_api_conversations__conversation_id__read_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        conversation_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ReadMark"];
      };
    };
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  own_devices_api_devices_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["OwnDevices"];
        };
      };
    };
  };
  add_device_api_devices_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["NewDevice"];
      };
    };
    responses: {
      /** @description Successful Response */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["DeviceAdded"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  revoke_api_devices__device_id__delete: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        device_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["Revocation"];
      };
    };
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  bind_api_devices__device_id__bind_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        device_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ChallengeAnswer"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Bound"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  challenge_api_devices_challenge_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Challenge"];
        };
      };
    };
  };
  key_package_stock_api_devices_key_packages_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["KeyPackageStock"];
        };
      };
    };
  };
  upload_key_packages_api_devices_key_packages_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["KeyPackageUpload"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["KeyPackageStock"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  replace_ml_kem_key_api_devices_ml_kem_keys_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["SignedMlKemKey"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MlKemKeyTaken"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  health_api_health_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Health"];
        };
      };
    };
  };
  live_api_health_live_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Alive"];
        };
      };
    };
  };
  ready_api_health_ready_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Alive"];
        };
      };
    };
  };
  login_api_login_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["LoginRequest"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SignedIn"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  login_parameters_api_login_parameters_get: {
    parameters: {
      query: {
        username: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["LoginParameters"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  logout_api_logout_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  send_message_api_message_send_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["MessageSend"];
      };
    };
    responses: {
      /** @description Successful Response */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Acknowledgement"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  read_messages_api_messages_get: {
    parameters: {
      query: {
        after?: number | null;
        before?: number | null;
        conversation_id: string;
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["LogPage"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  read_pins_api_pins_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SealedPins"];
        };
      };
      /** @description None yet */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  write_pins_api_pins_put: {
    parameters: {
      query?: never;
      header?: {
        "if-match"?: string | null;
        "if-none-match"?: string | null;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["SealedPins"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SealedPins"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  poll_api_poll_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["Poll"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["PollAnswer"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  bb84_api_quantum_bb84_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["Bb84Request"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/x-ndjson": components["schemas"]["Bb84Event"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  samples_api_quantum_samples_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["RawSamples"];
        };
      };
    };
  };
  recover_api_recover_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["RecoverRequest"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Recovery"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  register_api_register_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["RawRegistration"] | components["schemas"]["BrowserRegistration"];
      };
    };
    responses: {
      /** @description Successful Response */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Registered"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  list_rooms_api_rooms_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["RoomList"];
        };
      };
    };
  };
  create_room_api_rooms_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["RoomView"];
        };
      };
    };
  };
  show_room_api_rooms__room_id__get: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        room_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["RoomView"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  end_room_api_rooms__room_id__delete: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        room_id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        "application/json": components["schemas"]["LastWord"] | null;
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["RoomView"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  invite_person_api_rooms__room_id__invite_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        room_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["Invitee"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ClaimedPackages"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  leave_room_api_rooms__room_id__leave_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        room_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["LastWord"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["RoomView"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  keep_link_api_rooms__room_id__links_post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        room_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["LinkPost"];
      };
    };
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  list_requests_api_rooms__room_id__requests_get: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        room_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["RequestList"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  drop_request_api_rooms__room_id__requests__user_id__delete: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        room_id: string;
        user_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  list_own_requests_api_rooms_join_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["JoinList"];
        };
      };
    };
  };
  look_at_link_api_rooms_join__code__get: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        code: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["LinkView"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  ask_to_join_api_rooms_join__code__post: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        code: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["JoinPost"];
      };
    };
    responses: {
      /** @description Successful Response */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["JoinView"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  rotate_session_api_session_rotate_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["RotationRequest"];
      };
    };
    responses: {
      /** @description Successful Response */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["RotationAsked"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  session_status_api_session_status_get: {
    parameters: {
      query?: {
        session_id?: string | null;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SessionList"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  terminate_session_api_session_terminate_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["Termination"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SessionView"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  list_sessions_api_sessions_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SessionList"];
        };
      };
    };
  };
  begin_session_api_sessions_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["NewSession"];
      };
    };
    responses: {
      /** @description Successful Response */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SessionView"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  read_sign_ins_api_sign_ins_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["OwnSignIns"];
        };
      };
    };
  };
  end_other_sign_ins_api_sign_ins_delete: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SignInsEnded"];
        };
      };
    };
  };
  end_sign_in_api_sign_ins__sign_in_id__delete: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        sign_in_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  refresh_api_token_refresh_post: {
    parameters: {
      query?: never;
      header?: {
        "x-quantumchat"?: string | null;
      };
      path?: never;
      cookie?: {
        quantumchat_refresh?: string | null;
      };
    };
    requestBody?: {
      content: {
        "application/json": components["schemas"]["RefreshRequest"] | null;
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SignedIn"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  keys_api_users__user_id__keys_get: {
    parameters: {
      query?: {
        replaced?: boolean;
        since?: number;
      };
      header?: never;
      path: {
        user_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["AccountKeys"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  available_api_users_available_get: {
    parameters: {
      query?: {
        after?: string;
        limit?: number;
        q?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["People"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  keys_of_many_api_users_keys_post: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["KeysAsked"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["KeysOfMany"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  read_me_api_users_me_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Me"];
        };
      };
    };
  };
  change_me_api_users_me_patch: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["MeChange"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["UserSummary"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  change_password_api_users_me_password_put: {
    parameters: {
      query?: never;
      header?: {
        "if-match"?: string | null;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["RawPasswordChange"] | components["schemas"]["PasswordChange"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Changed"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  change_recovery_code_api_users_me_recovery_code_put: {
    parameters: {
      query?: never;
      header?: {
        "if-match"?: string | null;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["RecoveryCodeChange"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Changed"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
  read_vault_api_vault_get: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["StoredVault"];
        };
      };
    };
  };
  write_vault_api_vault_put: {
    parameters: {
      query?: never;
      header?: {
        "if-match"?: string | null;
        "if-none-match"?: string | null;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["VaultCompletion"] | components["schemas"]["VaultRewrite"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["StoredVault"];
        };
      };
      /** @description Validation Error */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["HTTPValidationError"];
        };
      };
    };
  };
}
